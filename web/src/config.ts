/** Somebody whom the page can act as. */
export interface User {
  name: string;
  about: string;
}

/** What the gateway tells the page; package web in Go writes it. */
export interface Config {
  /** Path of the GraphQL endpoint on this origin. */
  graphql: string;
  /** Empty: there is no user switch. */
  users: User[];
}

export async function loadConfig(): Promise<Config> {
  const response = await fetch('graphiql/config.json');
  if (!response.ok) {
    throw new Error(`The gateway did not say how to reach it: graphiql/config.json answered HTTP ${response.status}.`);
  }
  return response.json() as Promise<Config>;
}
