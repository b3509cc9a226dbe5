// GraphiQL in real Chromium against `tiffin demo`: what the README promises a newcomer.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { startDemo } from './demo.mjs';
import { GraphiQLPage, startBrowser } from './page.mjs';

let demo;
let browser;
let page;

before(async () => {
  demo = await startDemo();
  browser = await startBrowser();
});

after(async () => {
  await browser?.close();
  await demo?.stop();
});

beforeEach(async () => {
  page = await GraphiQLPage.open(browser, demo.url);
});

afterEach(async (t) => {
  await page.screenshot(t.name.replaceAll(/\W+/g, '-'));
  await page.close();
  assert.deepEqual(page.misdeeds, [], 'the page must keep to its origin, its policy and a clean console');
});

const example = async (name) => readFile(new URL(`../examples/${name}`, import.meta.url), 'utf8');

test('the page shows its examples and its users', async () => {
  assert.equal(await page.tab.title(), 'Tiffin · GraphiQL');
  assert.deepEqual(await page.tab.getByRole('tab').allInnerTexts(), ['OrderPage', 'Restaurants', 'QuoteCart', 'PlaceOrder', 'Placement', 'CancelOrder']);
  assert.deepEqual(await page.tab.getByRole('radio').allInnerTexts(), ['alice', 'bob', 'carol', 'dave', 'sam', 'nobody']);
});

test('a query as alice', async () => {
  await page.actAs('nobody');
  await page.actAs('alice');
  await page.enter(`{ orders(first: 5) { edges { node { id status total { amount currency }
    lines { quantity item { name stock } } payment { status } delivery { status driver { name } } } } } }`);
  const { data, errors } = await page.execute();
  assert.equal(errors, undefined, JSON.stringify(errors));
  const orders = data.orders.edges.map((edge) => edge.node);
  assert.ok(orders.length > 0, 'alice has orders');
  for (const order of orders) {
    assert.match(order.id, /^ord_/);
    assert.ok(order.payment.status, 'from the payment service');
    assert.ok(order.lines.some((line) => line.item.name), 'from the inventory service');
  }
  assert.ok(orders.some((order) => order.delivery?.status), 'from the delivery service');
  await page.tab.locator('.graphiql-response .view-line', { hasText: orders[0].id }).waitFor();
});

test('a cart is quoted and ordered at that price', async () => {
  await page.actAs('alice');
  const { cart } = JSON.parse(await example('quote-cart.json'));
  await page.enter('query ($cart: CartInput!) { quote(cart: $cart) { ... on Quote { id total { amount currency } } } }', { cart });
  const { quote } = (await page.execute()).data;
  assert.match(quote.total.amount, /^\d+\.\d\d$/);

  const { id: quoteId, total: expectedTotal } = quote;
  const input = { idempotencyKey: randomUUID(), cart, expectedTotal, quoteId, payment: { card: { token: 'tok_ok' } } };
  await page.enter(
    `mutation ($input: PlaceOrderInput!) { placeOrder(input: $input) { __typename ... on Placement { orderId status replayed }
      ... on OrderConfirmed { total { amount currency } order { status payment { status } } } } }`,
    { input },
  );
  const placed = (await page.execute()).data.placeOrder;
  assert.equal(placed.__typename, 'OrderConfirmed', JSON.stringify(placed));
  assert.equal(placed.replayed, false);
  assert.deepEqual(placed.total, quote.total);

  const repeated = (await page.execute()).data.placeOrder;
  assert.deepEqual([repeated.orderId, repeated.replayed], [placed.orderId, true]);
});

test('the example tabs lead to an order, and call it off', async () => {
  await page.actAs('bob');
  await page.openTab('OrderPage');
  assert.ok((await page.execute()).data.orders.edges);
  await page.openTab('Restaurants');
  assert.ok((await page.execute()).data.restaurants.edges.length > 0);
  await page.openTab('QuoteCart');
  const { total } = (await page.execute()).data.quote;

  await page.openTab('PlaceOrder');
  const unprepared = (await page.variables()).input;
  const refused = (await page.execute()).data.placeOrder;
  assert.equal(refused.reason?.__typename, 'PriceChanged', JSON.stringify(refused));
  await page.tab.getByRole('button', { name: /^Prepare order/ }).click();
  const { input } = await page.variables();
  assert.notEqual(input.idempotencyKey, unprepared.idempotencyKey);
  assert.deepEqual(input.expectedTotal, total);
  const placed = (await page.execute()).data.placeOrder;
  assert.equal(placed.__typename, 'OrderConfirmed', JSON.stringify(placed));

  await page.openTab('Placement');
  await page.tab.getByRole('button', { name: /^Prepare order/ }).click();
  const { placement } = (await page.execute()).data;
  assert.deepEqual([placement.orderId, placement.status], [placed.orderId, 'CONFIRMED']);

  await page.openTab('CancelOrder');
  await page.tab.getByRole('button', { name: /^Prepare order/ }).click();
  const { cancelOrder: cancelled } = (await page.execute()).data;
  assert.deepEqual([cancelled.__typename, cancelled.orderId, cancelled.refunded], ['CancellationConfirmed', placed.orderId, placed.total]);
});

test('a tab that is executed at once sends its own operation', async () => {
  const { data, errors } = await page.openTabAndExecute('Restaurants');
  assert.equal(errors, undefined, JSON.stringify(errors));
  assert.ok(data.restaurants.edges.length > 0);
});

test('nobody and dave are refused', async () => {
  await page.actAs('nobody');
  await page.openTab('OrderPage');
  assert.equal((await page.execute()).errors[0].extensions.code, 'UNAUTHENTICATED');
  await page.actAs('dave');
  await page.openTab('PlaceOrder');
  assert.equal((await page.execute()).errors[0].extensions.code, 'FORBIDDEN');
});

test('the user and the tabs are remembered', async () => {
  await page.actAs('sam');
  await page.enter('query Remembered { me { id } }');
  await page.tab.getByRole('tab', { name: 'Remembered' }).waitFor();
  // GraphiQL writes its tabs a moment after the last change.
  await page.tab.waitForFunction(() => localStorage.getItem('tiffin/graphiql:tabState')?.includes('Remembered'));
  await page.tab.reload();
  await page.tab.getByRole('tab', { name: 'Remembered' }).waitFor();
  assert.equal(await page.tab.getByRole('radio', { checked: true }).innerText(), 'sam');
});

test('the documentation explorer and the language service work', async () => {
  await page.tab.getByRole('button', { name: 'Show Documentation Explorer' }).click();
  await page.tab.locator('.graphiql-doc-explorer').getByText('PlaceOrderResult', { exact: true }).first().click();
  await page.tab.locator('.graphiql-doc-explorer').getByText('OrderConfirmed', { exact: true }).first().waitFor();
  await page.enter('{ me { shoeSize } }');
  assert.match(await page.diagnosis(), /shoeSize/);
});
