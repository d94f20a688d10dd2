// A table as a file for a spreadsheet.

/** RFC 4180. What a spreadsheet would take for a formula is kept from being one. */
function field(value: string | number, separator: string): string {
  const text = typeof value === 'string' && /^[=+\-@\t\r]/.test(value) ? `'${value}` : String(value);
  return text.includes(separator) || /["\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Begins with a mark by which spreadsheets know UTF-8. `separator` is what the reader's spreadsheet expects. */
export const csvOf = (rows: readonly (readonly (string | number)[])[], separator: string): string =>
  `\ufeff${rows.map((row) => row.map((value) => field(value, separator)).join(separator)).join('\r\n')}\r\n`;

/** Hands a text to the browser as a file. */
export function saveText(text: string, name: string, type: string): void {
  const url = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}
