const name = 'fts-key';

/** The key of this tab, where the server wants one: gone when the tab is closed, never in an address. */
export const sessionKey = {
  get: (): string | undefined => sessionStorage.getItem(name) ?? undefined,
  set: (key: string): void => sessionStorage.setItem(name, key),
  forget: (): void => sessionStorage.removeItem(name),
};
