// The parts of the page that need no browser: tokens, fetcher, order tools, storage, examples.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterEach, mock, test } from 'node:test';
import { Kind, parse } from 'graphql';
import { runnerImport } from 'vite';

const root = fileURLToPath(new URL('..', import.meta.url));
const load = async (name) => (await runnerImport(`./src/${name}`, { root, configFile: false, logLevel: 'error' })).module;

const { Tokens, expiryOf } = await load('tokens.ts');
const { createFetcher, withOwnName } = await load('fetcher.ts');
const { keyIn, newKey, orderIn, prepare, priceIn } = await load('draft.ts');
const { prefixedStorage } = await load('storage.ts');

afterEach(() => mock.restoreAll());

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const jwt = (claims) => `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.sig`;

test('a token is kept until a minute before it expires', async () => {
  let now = 1_000_000_000;
  const fetchToken = mock.fn(async (user) => jwt({ sub: user, exp: now / 1000 + 3600 }));
  const tokens = new Tokens(fetchToken, () => now);

  const first = await tokens.get('alice');
  now += 3540_000 - 1;
  assert.equal(await tokens.get('alice'), first);
  assert.equal(fetchToken.mock.callCount(), 1);
  now += 1;
  assert.notEqual(await tokens.get('alice'), first);
  assert.equal(fetchToken.mock.callCount(), 2);
});

test('a token that names no expiry is kept for ten minutes', async () => {
  let now = 0;
  const fetchToken = mock.fn(async () => 'opaque');
  const tokens = new Tokens(fetchToken, () => now);
  await tokens.get('alice');
  now = 600_000 - 1;
  await tokens.get('alice');
  assert.equal(fetchToken.mock.callCount(), 1);
  now = 600_000;
  await tokens.get('alice');
  assert.equal(fetchToken.mock.callCount(), 2);
});

test('concurrent callers share one fetch, users do not', async () => {
  const fetchToken = mock.fn(async (user) => user);
  const tokens = new Tokens(fetchToken);
  const got = await Promise.all([tokens.get('alice'), tokens.get('alice'), tokens.get('bob')]);
  assert.deepEqual(got, ['alice', 'alice', 'bob']);
  assert.equal(fetchToken.mock.callCount(), 2);
});

test('a failure is reported and not kept', async () => {
  let fail = true;
  const tokens = new Tokens(async () => {
    if (fail) throw new Error('no issuer');
    return 'token';
  });
  await assert.rejects(tokens.get('alice'), /no issuer/);
  fail = false;
  assert.equal(await tokens.get('alice'), 'token');
});

test('expiry of a token', () => {
  assert.equal(expiryOf(jwt({ exp: 12 })), 12_000);
  assert.equal(expiryOf(jwt({ exp: 12, name: 'Zoë?>~' })), 12_000);
  for (const token of ['', 'opaque', 'a.b.c', jwt({}), jwt({ exp: '12' }), jwt(null)]) {
    assert.equal(expiryOf(token), undefined, token);
  }
});

/** Replaces fetch by one that answers with the given statuses in turn; returns the requests. */
function gateway(...statuses) {
  const requests = [];
  mock.method(globalThis, 'fetch', async (url, init) => {
    requests.push({ url, method: init.method, headers: Object.fromEntries(init.headers), body: JSON.parse(init.body) });
    return new Response('{"data":{}}', { status: statuses.shift() ?? 200 });
  });
  return requests;
}

/** A fetcher for the user, whose tokens are numbered. */
function fetcherFor(user, onAnswer) {
  let serial = 0;
  let held;
  const tokens = { get: async (name) => (held ??= `${name}-${++serial}`), forget: () => (held = undefined) };
  return createFetcher({ endpoint: '/graphql', tokens, user: () => user, onAnswer });
}

test('an operation is posted with the token of the user', async () => {
  const requests = gateway();
  const exchanges = [];
  const params = { query: '{ me { id } }', variables: { a: 1 } };
  assert.deepEqual(await fetcherFor('alice', (e) => exchanges.push(e))(params), { data: {} });
  assert.deepEqual(requests, [
    {
      url: '/graphql',
      method: 'POST',
      headers: {
        accept: 'application/graphql-response+json, application/json;q=0.9',
        authorization: 'Bearer alice-1',
        'content-type': 'application/json',
      },
      body: params,
    },
  ]);
  assert.deepEqual(exchanges, [{ params, answer: { data: {} } }]);
});

test('nobody sends no token', async () => {
  const requests = gateway(401);
  await fetcherFor(undefined)({ query: '{ me { id } }' });
  assert.equal(requests.length, 1);
  assert.equal(requests[0].headers.authorization, undefined);
});

test('the headers pane wins over the user switch', async () => {
  const requests = gateway(401);
  await fetcherFor('alice')({ query: '{ me { id } }' }, { headers: { Authorization: 'Bearer mine', 'X-Other': '1' } });
  assert.equal(requests.length, 1);
  assert.equal(requests[0].headers.authorization, 'Bearer mine');
  assert.equal(requests[0].headers['x-other'], '1');
});

test('a refused token is renewed once', async () => {
  for (const [statuses, want] of [
    [[401, 200], ['Bearer alice-1', 'Bearer alice-2']],
    [[401, 401, 200], ['Bearer alice-1', 'Bearer alice-2']],
    [[403, 200], ['Bearer alice-1']],
    [[500, 200], ['Bearer alice-1']],
  ]) {
    const requests = gateway(...statuses);
    await fetcherFor('alice')({ query: 'mutation { x }' });
    assert.deepEqual(requests.map((r) => r.headers.authorization), want, String(statuses));
    mock.restoreAll();
  }
});

test('an operation is sent under its own name, not under the one that was in the editor before', () => {
  const sent = (query, operationName) => withOwnName({ query, operationName }).operationName;
  assert.equal(sent('query New { a }', 'Old'), 'New');
  assert.equal(sent('query New { a }', null), 'New');
  assert.equal(sent('query New { ...F } fragment F on T { a }', 'Old'), 'New');
  assert.equal(sent('{ a }', 'Old'), undefined);
  assert.equal(sent('{ a }', null), null);
  assert.equal(sent('query A { a } query B { b }', 'B'), 'B', 'the developer chose');
  assert.equal(sent('query A {', 'Old'), 'Old', 'the gateway says what is wrong');
});

test('an answer that is not JSON says so', async () => {
  mock.method(globalThis, 'fetch', async () => new Response('<html>', { status: 502, statusText: 'Bad Gateway' }));
  await assert.rejects(async () => fetcherFor('alice')({ query: '{ x }' }), /HTTP 502 Bad Gateway: the answer is not JSON/);
});

const total = { amount: '24.60', currency: 'EUR' };

test('the price is read from a quote and from a changed price', () => {
  assert.deepEqual(priceIn({ data: { quote: { id: 'quo_1', total } } }), { quoteId: 'quo_1', total });
  assert.deepEqual(priceIn({ data: { quote: { total } } }), { total });
  assert.deepEqual(priceIn({ data: { placeOrder: { reason: { quote: { id: 'quo_2', total } } } } }), { quoteId: 'quo_2', total });
  for (const answer of [{}, { data: null }, { data: { quote: null } }, { data: { quote: { reason: {} } } }, { data: { quote: { total: { amount: 24.6, currency: 'EUR' } } } }]) {
    assert.equal(priceIn(answer), undefined, JSON.stringify(answer));
  }
});

test('preparing an order takes a fresh key and the price last seen, and keeps the rest', () => {
  const input = { idempotencyKey: 'old', cart: { tip: null }, expectedTotal: { amount: '1', currency: 'EUR' }, quoteId: 'quo_0' };
  const prepared = JSON.parse(prepare(JSON.stringify({ input }), { price: { quoteId: 'quo_1', total } }));
  assert.match(prepared.input.idempotencyKey, UUID);
  assert.deepEqual({ ...prepared.input, idempotencyKey: 'old' }, { ...input, expectedTotal: total, quoteId: 'quo_1' });

  const unpriced = JSON.parse(prepare(JSON.stringify({ input }), {}));
  assert.notEqual(unpriced.input.idempotencyKey, 'old');
  assert.deepEqual({ ...unpriced.input, idempotencyKey: 'old' }, input);

  const unnamed = JSON.parse(prepare(JSON.stringify({ input }), { price: { total } }));
  assert.equal('quoteId' in unnamed.input, false, 'the id of another quote must not stay');
});

test('preparing a cancellation takes a fresh key and the order last placed', () => {
  const input = { idempotencyKey: 'old', orderId: '' };
  const prepared = JSON.parse(prepare(JSON.stringify({ input }), { key: 'sent', price: { total }, orderId: 'ord_1' }));
  assert.match(prepared.input.idempotencyKey, UUID);
  assert.deepEqual(prepared.input, { idempotencyKey: prepared.input.idempotencyKey, orderId: 'ord_1' });
  assert.equal(JSON.parse(prepare(JSON.stringify({ input: { ...input, orderId: 'ord_own' } }), {})).input.orderId, 'ord_own');
});

test('the order is read from what became of a placement', () => {
  assert.equal(orderIn({ data: { placeOrder: { orderId: 'ord_1' } } }), 'ord_1');
  assert.equal(orderIn({ data: { placement: { orderId: 'ord_2' } } }), 'ord_2');
  for (const answer of [{}, { data: null }, { data: { placement: null } }, { data: { cancelOrder: { orderId: 'ord_3' } } }]) {
    assert.equal(orderIn(answer), undefined, JSON.stringify(answer));
  }
});

test('preparing a placement takes the key that was sent', () => {
  assert.equal(prepare('{"idempotencyKey":"old"}', { key: 'sent' }), '{\n  "idempotencyKey": "sent"\n}');
});

test('other variables are left alone', () => {
  const seen = { key: 'sent', price: { total } };
  for (const text of ['', '{', '[]', 'null', '{"first":2}', '{"input":{"orderId":"1"}}', '{"input":[]}']) {
    assert.equal(prepare(text, seen), text);
  }
  assert.equal(prepare('{"idempotencyKey":"old"}', {}), '{"idempotencyKey":"old"}');
});

test('the key of a sent placeOrder is seen', () => {
  assert.equal(keyIn({ input: { idempotencyKey: 'k' } }), 'k');
  for (const variables of [undefined, {}, { input: null }, { idempotencyKey: 'k' }, { input: { idempotencyKey: 'k', orderId: 'ord_1' } }]) assert.equal(keyIn(variables), undefined);
});

test('keys are UUIDs and differ', () => {
  const keys = new Set(Array.from({ length: 100 }, newKey));
  assert.equal(keys.size, 100);
  for (const key of keys) assert.match(key, UUID);
});

test('the storage keeps to its prefix', () => {
  const items = Object.assign(Object.create({
    getItem: (k) => items[k] ?? null,
    setItem: (k, v) => (items[k] = v),
    removeItem: (k) => delete items[k],
  }), { 'graphiql:tabState': 'of another project' });
  const storage = prefixedStorage('tiffin/', items);
  assert.equal(storage.getItem('graphiql:tabState'), null);
  storage.setItem('a', '1');
  storage.setItem('b', '2');
  storage.removeItem('b');
  assert.equal(storage.getItem('a'), '1');
  assert.equal(storage.length, 1);
  storage.clear();
  assert.deepEqual({ ...items }, { 'graphiql:tabState': 'of another project' });
});

test('every example file is a named operation with fitting variables', () => {
  const files = readdirSync(`${root}/examples`);
  for (const name of files.filter((f) => f.endsWith('.graphql'))) {
    const [operation, ...rest] = parse(readFileSync(`${root}/examples/${name}`, 'utf8')).definitions;
    assert.equal(rest.length, 0, name);
    assert.ok(operation.kind === Kind.OPERATION_DEFINITION && operation.name, name);
    const file = name.replace(/graphql$/, 'json');
    const given = files.includes(file) ? Object.keys(JSON.parse(readFileSync(`${root}/examples/${file}`, 'utf8'))) : [];
    const declared = operation.variableDefinitions.map((v) => v.variable.name.value);
    assert.deepEqual(given.filter((v) => !declared.includes(v)), [], `${file}: undeclared variables`);
  }
});
