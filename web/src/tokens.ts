import { failure } from './failure';

/** Renew a token this long before it expires, so that it is still good when it arrives. */
const RENEW_BEFORE_MS = 60_000;

/** How long a token is used that does not say when it expires. */
const UNKNOWN_LIFETIME_MS = 10 * 60_000;

interface Held {
  token: Promise<string>;
  renewAt: number;
}

/** The demo users' bearer tokens: fetched when first needed, shared by concurrent callers, renewed before they expire. */
export class Tokens {
  readonly #held = new Map<string, Held>();
  readonly #fetchToken: (user: string) => Promise<string>;
  readonly #now: () => number;

  constructor(fetchToken: (user: string) => Promise<string>, now: () => number = Date.now) {
    this.#fetchToken = fetchToken;
    this.#now = now;
  }

  /** A token of this user that is good for the next request; rejects when there is none to be had. */
  get(user: string): Promise<string> {
    const held = this.#held.get(user);
    if (held && this.#now() < held.renewAt) return held.token;
    return this.#fetch(user);
  }

  /** Drops a token that was refused, so that the next `get` fetches another. */
  forget(user: string): void {
    this.#held.delete(user);
  }

  #fetch(user: string): Promise<string> {
    const held: Held = { token: this.#fetchToken(user), renewAt: Infinity };
    this.#held.set(user, held);
    held.token.then(
      (token) => (held.renewAt = this.#renewAt(token)),
      () => this.#held.get(user) === held && this.forget(user),
    );
    return held.token;
  }

  #renewAt(token: string): number {
    const expiry = expiryOf(token);
    return expiry === undefined ? this.#now() + UNKNOWN_LIFETIME_MS : expiry - RENEW_BEFORE_MS;
  }
}

/** When a JWT expires, in milliseconds since the epoch (RFC 7519, section 4.1.4); undefined if it does not say. */
export function expiryOf(token: string): number | undefined {
  try {
    const payload = token.split('.')[1]!.replaceAll('-', '+').replaceAll('_', '/');
    const { exp } = JSON.parse(atob(payload)) as { exp?: unknown };
    return typeof exp === 'number' ? exp * 1000 : undefined;
  } catch {
    return undefined;
  }
}

/** Asks the gateway, which asks the issuer. */
export async function fetchToken(user: string): Promise<string> {
  const response = await fetch(`graphiql/token?user=${encodeURIComponent(user)}`);
  const text = await response.text();
  if (!response.ok) throw failure(text.trim() || `No token: HTTP ${response.status}.`);
  return text;
}
