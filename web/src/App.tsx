import { GraphiQL } from 'graphiql';
import { useCallback, useMemo, useRef, useState } from 'react';
import type { Config } from './config';
import { keyIn, newKey, orderIn, priceIn, type Seen } from './draft';
import { examples } from './examples';
import { createFetcher, type Exchange } from './fetcher';
import { OrderTools } from './OrderTools';
import type { PageStorage } from './storage';
import logo from './tiffin.svg';
import { fetchToken, Tokens } from './tokens';
import { UserSwitch } from './UserSwitch';

interface Props {
  config: Config;
  storage: PageStorage;
}

/** The page: a header with the user switch, and GraphiQL below it. */
export function App({ config, storage }: Props) {
  const [tokens] = useState(() => new Tokens(fetchToken));
  const [user, chooseUser] = useRememberedUser(config, storage);
  const { seen, observe } = useSeen();

  // The fetcher stays the same when the user changes: GraphiQL would read the schema anew for each.
  const userNow = useRef(user);
  userNow.current = user;
  const fetcher = useMemo(
    () => createFetcher({ endpoint: config.graphql, tokens, user: () => userNow.current, onAnswer: observe }),
    [config.graphql, tokens, observe],
  );
  const [tabs] = useState(() => examples(newKey()));

  return (
    <>
      <header className="graphiql-container page-header">
        <img src={logo} alt="" />
        <h1>Tiffin</h1>
        <code>POST {config.graphql}</code>
        {config.users.length > 0 && (
          <UserSwitch users={config.users} active={user} onChange={chooseUser} tokens={tokens} />
        )}
      </header>
      <GraphiQL
        fetcher={fetcher}
        storage={storage}
        defaultTabs={tabs}
        defaultEditorToolsVisibility="variables"
        inputValueDeprecation
        schemaDescription
      >
        <GraphiQL.Logo>
          <span>GraphiQL</span>
        </GraphiQL.Logo>
        <GraphiQL.Toolbar>
          {({ prettify, merge, copy }) => (
            <>
              {prettify}
              {merge}
              {copy}
              <OrderTools seen={seen} />
            </>
          )}
        </GraphiQL.Toolbar>
      </GraphiQL>
    </>
  );
}

const USER_KEY = 'user';

/** Whom the page acts as: the user of the last visit, else the first one. Nobody is remembered as "". */
function useRememberedUser({ users }: Config, storage: PageStorage) {
  const known = (name: string | null) => name === '' || users.some((user) => user.name === name);
  const [user, setUser] = useState<string | undefined>(() => {
    const last = storage.getItem(USER_KEY);
    return (known(last) ? last : users[0]?.name) || undefined;
  });
  const choose = (name: string | undefined) => {
    storage.setItem(USER_KEY, name ?? '');
    setUser(name);
  };
  return [user, choose] as const;
}

/** Keeps what the exchanges show of the developer's orders. */
function useSeen() {
  const last = useRef<Seen>({});
  const seen = useCallback(() => last.current, []);
  const observe = useCallback(({ params, answer }: Exchange) => {
    const { key, price, orderId } = last.current;
    last.current = { key: keyIn(params.variables) ?? key, price: priceIn(answer) ?? price, orderId: orderIn(answer) ?? orderId };
  }, []);
  return { seen, observe };
}
