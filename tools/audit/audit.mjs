// Runs the public audits of GraphQL over HTTP (npm graphql-http) against the endpoint that the first argument names, and prints what
// came of each: {"id", "name", "status", "reason"}, status being ok, notice, warn or error. Further arguments are headers, "Name: value",
// that every request is sent with.
import { serverAudits } from 'graphql-http';

const [url, ...headers] = process.argv.slice(2);
const sent = headers.map((header) => header.split(': '));

const fetchFn = (input, init = {}) => {
  const all = new Headers(init.headers);
  for (const [name, value] of sent) all.set(name, value);
  return fetch(input, { ...init, headers: all });
};

const results = [];
for (const audit of serverAudits({ url, fetchFn })) {
  const { status, reason = '' } = await audit.fn();
  results.push({ id: audit.id, name: audit.name, status, reason: String(reason) });
}
console.log(JSON.stringify(results));
