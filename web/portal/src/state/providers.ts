// What an address says of a way to an identity provider and back. It may have been written by anybody: only what we know is shown.

/** Why somebody was not let in, as a code of ours; null when the address says nothing of the kind. */
export const refusalOf = (query: URLSearchParams): string | null => {
  const code = query.get('refused');
  return code === null ? null : /^[a-z_]{1,40}$/.test(code) ? code : 'other';
};

/** What a second factor is owed for (32 bytes in base64url). */
export const ceremonyOf = (query: URLSearchParams): string | null => {
  const name = query.get('ceremony');
  return name !== null && /^[\w-]{43}$/.test(name) ? name : null;
};

/** Where the hub says that the browser is to go: a web address, and no other kind. */
export function leave(url: string): void {
  if (/^https?:\/\//.test(url)) location.assign(url);
}
