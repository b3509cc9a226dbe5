/** An error for the developer in front of the page: GraphiQL shows errors whole, and its own stack would tell them nothing. */
export function failure(message: string): Error {
  const error = new Error(message);
  delete error.stack;
  return error;
}
