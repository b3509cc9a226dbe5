// Builds the page and packs it into assets/, each file compressed; with --check it compares instead of writing.
//
// The comparison is of the unpacked contents: compressed bytes differ between versions of zlib.
import { appendFile, mkdtemp, mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync, gzipSync } from 'node:zlib';
import { build } from 'vite';

const root = fileURLToPath(new URL('..', import.meta.url));
const assets = join(root, 'assets');

/** Builds into a folder that is removed afterwards and returns the files: name → contents. */
async function buildFresh() {
  const outDir = await mkdtemp(join(tmpdir(), 'tiffin-web-'));
  try {
    await build({ root, logLevel: 'warn', build: { outDir, emptyOutDir: true } });
    await appendFile(join(outDir, 'graphiql/licenses.md'), await fontLicenses());
    return await readFiles(outDir);
  } finally {
    await rm(outDir, { recursive: true, force: true });
  }
}

/** Vite lists the licenses of bundled code only. */
async function fontLicenses() {
  const texts = ['@fontsource/roboto', '@fontsource/fira-code'].map(async (name) => {
    return `\n## ${name}\n\n${await readFile(join(root, 'node_modules', name, 'LICENSE'), 'utf8')}`;
  });
  return (await Promise.all(texts)).join('');
}

/** The committed files, unpacked: name → contents. */
async function readCommitted() {
  const packed = await readFiles(assets);
  return new Map([...packed].map(([name, data]) => [name.replace(/\.gz$/, ''), gunzipSync(data)]));
}

async function readFiles(dir) {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true }).catch(() => []);
  const names = entries.filter((e) => e.isFile()).map((e) => join(e.parentPath ?? e.path, e.name).slice(dir.length + 1));
  return new Map(await Promise.all(names.sort().map(async (name) => [name, await readFile(join(dir, name))])));
}

/** Compresses like `gzip -n`: no name, no time, and no operating system either. */
function pack(data) {
  const packed = gzipSync(data, { level: 9 });
  packed[9] = 255;
  return packed;
}

async function write(files) {
  await rm(assets, { recursive: true, force: true });
  let bytes = 0;
  for (const [name, data] of files) {
    const packed = pack(data);
    bytes += packed.length;
    await mkdir(dirname(join(assets, name)), { recursive: true });
    await writeFile(join(assets, `${name}.gz`), packed);
  }
  console.log(`web/assets: ${files.size} files, ${Math.ceil(bytes / 1024)} KiB compressed`);
}

/** Says which committed files a fresh build does not reproduce. */
function differences(fresh, committed) {
  const names = [...new Set([...fresh.keys(), ...committed.keys()])].sort();
  return names.flatMap((name) => {
    if (!committed.has(name)) return [`missing: ${name}`];
    if (!fresh.has(name)) return [`stale:   ${name}`];
    return fresh.get(name).equals(committed.get(name)) ? [] : [`differs: ${name}`];
  });
}

const fresh = await buildFresh();
if (process.argv.includes('--check')) {
  const found = differences(fresh, await readCommitted());
  if (found.length > 0) {
    console.error(`web/assets is not what web/src builds; run "npm ci && npm run build" in web/.\n${found.join('\n')}`);
    process.exit(1);
  }
  console.log(`web/assets: ${fresh.size} files are up to date`);
} else {
  await write(fresh);
}
