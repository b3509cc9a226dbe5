import type { Fetcher, FetcherParams } from '@graphiql/toolkit';
import { Kind, parse } from 'graphql';
import { failure } from './failure';
import type { Tokens } from './tokens';

/** One answer of the gateway, as it goes into the response pane. */
export type Answer = Record<string, unknown>;

/** An operation and its answer. */
export interface Exchange {
  params: FetcherParams;
  answer: Answer;
}

export interface FetcherOptions {
  /** Path of the GraphQL endpoint. */
  endpoint: string;
  tokens: Pick<Tokens, 'get' | 'forget'>;
  /** Whom to act as for the next request; undefined is nobody. */
  user: () => string | undefined;
  /** Sees every exchange. */
  onAnswer?: (exchange: Exchange) => void;
}

/**
 * The function through which GraphiQL sends operations. It adds the chosen user's token, unless the headers pane holds an
 * Authorization header. A token that is refused (HTTP 401: the operation did not run) is renewed once; the issuer may
 * have new keys since a restart.
 */
export function createFetcher({ endpoint, tokens, user, onAnswer }: FetcherOptions): Fetcher {
  return async (given, opts) => {
    const params = withOwnName(given);
    const own = new Headers(opts?.headers as Record<string, string> | undefined);
    const actor = own.has('authorization') ? undefined : user();
    let response = await send(endpoint, params, own, actor && (await tokens.get(actor)));
    if (actor && response.status === 401) {
      tokens.forget(actor);
      response = await send(endpoint, params, own, await tokens.get(actor));
    }
    const answer = await readAnswer(response);
    onAnswer?.({ params, answer });
    return answer;
  };
}

/**
 * Corrects the operation's name. GraphiQL learns it only 100 ms after a change of the editor: who pastes and runs at once,
 * or runs at once in another tab, would send the name of the operation that was there before.
 */
export function withOwnName(params: FetcherParams): FetcherParams {
  const names = operationNames(params.query);
  if (names.length !== 1 || names[0] === (params.operationName ?? undefined)) return params;
  return { ...params, operationName: names[0] };
}

/** One entry for each operation, undefined for one without a name; empty where the document cannot be parsed. */
function operationNames(query: string): (string | undefined)[] {
  try {
    return parse(query).definitions.flatMap((d) => (d.kind === Kind.OPERATION_DEFINITION ? [d.name?.value] : []));
  } catch {
    return [];
  }
}

function send(endpoint: string, params: FetcherParams, own: Headers, token: string | undefined): Promise<Response> {
  const headers = new Headers({
    'content-type': 'application/json',
    accept: 'application/graphql-response+json, application/json;q=0.9',
  });
  if (token) headers.set('authorization', `Bearer ${token}`);
  own.forEach((value, name) => headers.set(name, value));
  return fetch(endpoint, { method: 'POST', headers, body: JSON.stringify(params) });
}

async function readAnswer(response: Response): Promise<Answer> {
  const text = await response.text();
  try {
    return JSON.parse(text) as Answer;
  } catch {
    throw failure(`HTTP ${response.status} ${response.statusText}: the answer is not JSON.`);
  }
}
