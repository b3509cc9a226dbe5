// Starts `tiffin demo` on free ports and stops it again.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';

const binary = process.env.TIFFIN ?? fileURLToPath(new URL('../../bin/tiffin', import.meta.url));

const START_MS = 60_000;
const STOP_MS = 40_000; // the drain has 30 s

/** The ports that the demo's services take, from its base port. */
const SERVICE_PORTS = 100;

/** Starts the demo and waits until it is ready; returns its address and a function that stops it. */
export async function startDemo() {
  const listen = `127.0.0.1:${await freePort()}`;
  const admin = `127.0.0.1:${await freePort()}`;
  const base = await freeBlock(SERVICE_PORTS);
  const args = ['demo', '--listen', listen, '--admin', admin, '--base-port', String(base)];
  const child = spawn(binary, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const output = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => output.push(data));
  const ended = new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => resolve(`exit code ${code}, signal ${signal}`));
  });
  try {
    await ready(`http://${admin}/readyz`, ended);
  } catch (error) {
    child.kill('SIGKILL');
    throw new Error(`${binary} ${args.join(' ')}: ${error.message}\n${Buffer.concat(output)}`);
  }
  return { url: `http://${listen}/`, stop: () => stop(child, ended) };
}

/** Asks until the answer is 200, the process has ended, or time is up. */
async function ready(url, ended) {
  const deadline = Date.now() + START_MS;
  while (Date.now() < deadline) {
    const found = await Promise.race([ended, probe(url)]);
    if (found === true) return;
    if (found !== false) throw new Error(found);
  }
  throw new Error(`not ready after ${START_MS} ms`);
}

/** Resolves with true at once when the answer is 200, else with false a little later. */
async function probe(url) {
  const ok = await fetch(url, { signal: AbortSignal.timeout(1000) }).then((r) => r.ok, () => false);
  return ok || new Promise((resolve) => setTimeout(resolve, 50, false));
}

async function stop(child, ended) {
  child.kill('SIGTERM');
  const overdue = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
  const how = await ended;
  clearTimeout(overdue);
  return how;
}

async function freePort() {
  const server = await listenOn(0);
  const { port } = server.address();
  await closed(server);
  return port;
}

/** The first of so many consecutive free ports, below those that the system hands out by itself. */
async function freeBlock(size) {
  for (let attempt = 0; attempt < 50; attempt++) {
    const base = 15_000 + Math.floor(Math.random() * 150) * 100;
    const ports = Array.from({ length: size }, (_, i) => base + i);
    const servers = await Promise.all(ports.map((port) => listenOn(port).catch(() => undefined)));
    await Promise.all(servers.filter(Boolean).map(closed));
    if (servers.every(Boolean)) return base;
  }
  throw new Error(`found no ${size} consecutive free ports`);
}

async function listenOn(port) {
  const server = createServer().listen(port, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

const closed = (server) => new Promise((resolve) => server.close(resolve));
