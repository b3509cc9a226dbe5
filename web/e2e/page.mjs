// GraphiQL in a real browser, by what a developer does on the page.
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const screenshots = fileURLToPath(new URL('screenshots', import.meta.url));

const FLAGS = [
  '--no-sandbox', // CI runs as root
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Starts Chromium: env CHROMIUM, or `chromium` on the path. Its profile is a new folder that goes with it. */
export function startBrowser() {
  return chromium.launch({ executablePath: process.env.CHROMIUM ?? onPath('chromium'), headless: true, args: FLAGS });
}

function onPath(name) {
  const found = (process.env.PATH ?? '').split(delimiter).map((dir) => join(dir, name)).find(existsSync);
  if (!found) throw new Error(`no ${name} on the path: install it, or set CHROMIUM`);
  return found;
}

/** Chrome reports each answer of status 4xx as an error on the console; GraphQL refusals are such answers. */
const REFUSAL = /^Failed to load resource: the server responded with a status of 4\d\d/;

/** The page, opened afresh, with a record of everything it should not do. */
export class GraphiQLPage {
  /** Requests to other origins, errors on the console, exceptions, violations of the Content-Security-Policy. */
  misdeeds = [];

  /** Opens it as a visitor who was never there before. */
  static async open(browser, url) {
    const context = await browser.newContext({ viewport: { width: 1400, height: 850 } });
    context.setDefaultTimeout(30_000);
    const page = new GraphiQLPage(await context.newPage());
    await page.#watch(context, new URL(url).origin);
    await page.tab.goto(url);
    await page.tab.locator('.graphiql-query-editor .view-line').first().waitFor();
    return page;
  }

  constructor(tab) {
    this.tab = tab;
  }

  async #watch(context, origin) {
    const record = (what) => this.misdeeds.push(what);
    context.on('request', (r) => new URL(r.url()).origin === origin || record(`request: ${r.url().slice(0, 200)}`));
    this.tab.on('pageerror', (error) => record(`exception: ${error.message}`));
    this.tab.on('console', (m) => m.type() === 'error' && !REFUSAL.test(m.text()) && record(`console: ${m.text()}`));
    await this.tab.exposeFunction('reportViolation', (what) => record(`CSP: ${what}`));
    await this.tab.addInitScript(() => {
      addEventListener('securitypolicyviolation', (e) => globalThis.reportViolation(`${e.violatedDirective} ${e.blockedURI}`));
    });
  }

  /** Switches to a user and waits until the page says so. */
  async actAs(user) {
    await this.tab.getByRole('radio', { name: user, exact: true }).click();
    await this.tab.getByRole('radio', { name: user, exact: true, checked: true }).waitFor();
  }

  async openTab(name) {
    await this.tab.locator('.graphiql-tab-button', { hasText: new RegExp(`^${name}$`) }).click();
    await this.tab.locator('.graphiql-tab-active', { hasText: name }).waitFor();
  }

  /** Opens an empty tab and puts an operation and its variables into the editors. */
  async enter(query, variables) {
    await this.tab.getByRole('button', { name: 'New tab' }).click();
    await this.#fill('.graphiql-query-editor', 'operation.graphql', query);
    if (variables) await this.#fill('[aria-label=Variables]', 'variables.json', JSON.stringify(variables));
  }

  async #fill(editor, model, text) {
    await this.tab.locator(`${editor} .monaco-editor`).first().click();
    await this.tab.keyboard.press('Control+A');
    await this.tab.keyboard.insertText(text);
    await this.tab.waitForFunction(
      ([name, want]) => globalThis.__MONACO.editor.getModels().find((m) => m.uri.path.endsWith(name)).getValue() === want,
      [model, text],
    );
  }

  /** Executes the operation of the open tab and returns what the response pane then holds. */
  async execute() {
    await this.tab.getByRole('button', { name: /^Execute query/ }).click();
    return JSON.parse(await this.#eventually('response.json'));
  }

  /** Opens a tab and executes it in the same breath, as no test that waits for the page would. */
  async openTabAndExecute(name) {
    await this.tab.evaluate((title) => {
      const tabs = [...document.querySelectorAll('.graphiql-tab-button')];
      tabs.find((tab) => tab.textContent === title).click();
      document.querySelector('.graphiql-execute-button').click();
    }, name);
    return JSON.parse(await this.#eventually('response.json'));
  }

  /** The variables of the open tab. */
  async variables() {
    return JSON.parse(await this.#eventually('variables.json'));
  }

  async #eventually(model) {
    const handle = await this.tab.waitForFunction((name) => {
      const model = globalThis.__MONACO.editor.getModels().find((m) => m.uri.path.endsWith(name));
      return model?.getValue();
    }, model);
    return handle.jsonValue();
  }

  /** Waits until the editor marks a mistake and returns its words. */
  async diagnosis() {
    const handle = await this.tab.waitForFunction(() => globalThis.__MONACO.editor.getModelMarkers({})[0]?.message);
    return handle.jsonValue();
  }

  async close() {
    await this.tab.context().close();
  }

  async screenshot(name) {
    await mkdir(screenshots, { recursive: true });
    await this.tab.screenshot({ path: join(screenshots, `${name}.png`) });
  }
}
