// What opens an invitation, as it stands in an address or as somebody pastes it.

/** Where an invitation is taken up, behind the `#` of an address: browsers send that to nobody. */
const IN_ADDRESS = /#\/invitation(?:\/([\w-]*))?/;
/** 32 bytes in base64url (common/trust/src/token.rs). */
const TOKEN = /^[\w-]{43}$/;

/** Whether the part of an address behind the `#` is an invitation's, whole or not. */
export const isInvitation = (hash: string): boolean => /^#\/invitation(\/|$)/.test(hash);

/** The token of a link, of what stands behind its `#`, or itself; without what a mail program may have left around it. */
export function tokenOf(text: string): string {
  const link = IN_ADDRESS.exec(text);
  return link ? (link[1] ?? '') : text.trim().replace(/^[<"'«“\s]+|[>"'»”.,;\s]+$/g, '');
}

/** Whether it can be a token at all: what was cut off needs not be tried. */
export const isWhole = (token: string): boolean => TOKEN.test(token);
