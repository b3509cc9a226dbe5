/**
 * A part of localStorage under a prefix of our own: another project's GraphiQL that was once served from the same
 * local port must not fill this page with its tabs.
 */
export function prefixedStorage(prefix: string, storage: Storage = localStorage) {
  const keys = () => Object.keys(storage).filter((key) => key.startsWith(prefix));
  return {
    getItem: (key: string) => storage.getItem(prefix + key),
    setItem: (key: string, value: string) => storage.setItem(prefix + key, value),
    removeItem: (key: string) => storage.removeItem(prefix + key),
    clear: () => keys().forEach((key) => storage.removeItem(key)),
    get length() {
      return keys().length;
    },
  };
}

export type PageStorage = ReturnType<typeof prefixedStorage>;
