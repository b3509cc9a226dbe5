import type { Answer } from './fetcher';

interface Money {
  amount: string;
  currency: string;
}

/** A price that the gateway named. */
export interface Price {
  quoteId?: string;
  total: Money;
}

/** What the page has seen of the developer's orders. */
export interface Seen {
  /** The key that placeOrder was last sent with. */
  key?: string;
  /** The price that was last named. */
  price?: Price;
  /** The order that was last placed. */
  orderId?: string;
}

type Json = Record<string, unknown>;

const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);

const child = (value: unknown, ...path: string[]): unknown =>
  path.reduce((at, name) => (isObject(at) ? at[name] : undefined), value);

/** The price in the answer to a quote, or in the refusal of a changed price; undefined if there is none. */
export function priceIn(answer: Answer): Price | undefined {
  const quote = child(answer, 'data', 'quote') ?? child(answer, 'data', 'placeOrder', 'reason', 'quote');
  const amount = child(quote, 'total', 'amount');
  const currency = child(quote, 'total', 'currency');
  if (typeof amount !== 'string' || typeof currency !== 'string') return undefined;
  const id = child(quote, 'id');
  return { total: { amount, currency }, ...(typeof id === 'string' && { quoteId: id }) };
}

/** The order that the answer to a placeOrder or a placement speaks of; undefined if there is none. */
export function orderIn(answer: Answer): string | undefined {
  const id = child(answer, 'data', 'placeOrder', 'orderId') ?? child(answer, 'data', 'placement', 'orderId');
  return typeof id === 'string' ? id : undefined;
}

/** The key in the variables of a placeOrder; undefined if they are of something else. */
export function keyIn(variables: unknown): string | undefined {
  const input = child(variables, 'input');
  if (!isObject(input) || callsOff(input)) return undefined;
  return typeof input.idempotencyKey === 'string' ? input.idempotencyKey : undefined;
}

/** Whether an input is cancelOrder's. */
const callsOff = (input: Json): boolean => 'orderId' in input;

/**
 * Prepares a tab's variables: placeOrder's get a fresh key and the price last seen, cancelOrder's a fresh key and the order last placed,
 * placement's the key last sent. Returns the text unchanged where it is none of these, or no JSON.
 */
export function prepare(text: string, seen: Seen): string {
  const variables = parse(text);
  if (!isObject(variables)) return text;
  const { input } = variables;
  if (isObject(input) && 'idempotencyKey' in input) {
    const known = callsOff(input) ? { orderId: seen.orderId ?? input.orderId } : agreed(seen.price);
    return print({ ...variables, input: { ...input, idempotencyKey: newKey(), ...known } });
  }
  if ('idempotencyKey' in variables && seen.key) return print({ ...variables, idempotencyKey: seen.key });
  return text;
}

function agreed(price: Price | undefined): Json {
  return price ? { expectedTotal: price.total, quoteId: price.quoteId } : {};
}

/** A UUID (RFC 9562, version 4). crypto.randomUUID is only there on https and localhost. */
export function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6]! & 0x0f) | 0x40;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

const print = (value: Json): string => JSON.stringify(value, null, 2);

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
