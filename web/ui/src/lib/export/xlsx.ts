// Tables as a workbook (ECMA-376, SpreadsheetML): one sheet each. What a workbook needs at the least is small enough to be written here.
// Rejected: write-excel-file, which packs anything above 160 kB in a worker made from a blob, and our content security policy allows none.
import { strToU8, zipSync } from 'fflate';
import { readerZone } from '../text/time.js';
import { titleOf, wallClock, type ExportTable, type Shown } from './table.js';

export const XLSX_TYPE = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet';

const HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n';
const MAIN = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main';
const LINKS = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';
const PACKAGE = 'http://schemas.openxmlformats.org/package/2006';
const KIND = 'application/vnd.openxmlformats-officedocument.spreadsheetml';
/** What a cell may hold at the most (Excel's limits and specifications). */
const MAX_TEXT = 32_767;

/** The places of `cellXfs` in the styles. */
const STYLE = { title: 1, day: 2, time: 3, text: 4, quoted: 5 } as const;
// 14 and 22 are the reader's own way to write a date, and a date with its time. A cell with `quotePrefix` stays text when it is edited.
const STYLES = `${HEAD}<styleSheet xmlns="${MAIN}"><fonts count="2"><font><sz val="11"/><name val="Calibri"/></font><font><b/><sz val="11"/><name val="Calibri"/></font></fonts><fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills><borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders><cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs><cellXfs count="6"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/><xf numFmtId="0" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1"/><xf numFmtId="14" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/><xf numFmtId="22" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0" applyAlignment="1"><alignment vertical="top" wrapText="1"/></xf><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0" quotePrefix="1" applyAlignment="1"><alignment vertical="top" wrapText="1"/></xf></cellXfs></styleSheet>`;

const escaped = (text: string): string =>
  // XML 1.0 has no way to write the other control characters, nor half of a pair.
  text.replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '').replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

/** 0 → A, 26 → AA. */
function letters(column: number): string {
  const rest = Math.floor(column / 26);
  return (rest > 0 ? letters(rest - 1) : '') + String.fromCharCode(65 + (column % 26));
}

/** Days since the end of 1899, as spreadsheets count; nothing for what is no date. `at` is a wall clock, `2026-11-22` or `2026-11-22 09:05:00`. */
function serial(at: string): number | null {
  const found = /^(\d{4})-(\d\d)-(\d\d)(?: (\d\d):(\d\d):(\d\d))?$/.exec(at);
  if (!found) return null;
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0] = found.slice(1).map((part) => Number(part ?? 0));
  const days = (Date.UTC(year, month - 1, day) - Date.UTC(1899, 11, 30)) / 86_400_000;
  // Before the first of March 1900 spreadsheets disagree on what day it was.
  return days < 61 ? null : days + (hour * 3600 + minute * 60 + second) / 86_400;
}

/** Text is always a typed text cell, never a formula. */
function text(place: string, words: string, style?: number): string {
  const chosen = style ?? (/^[=+\-@\t\r]/.test(words) ? STYLE.quoted : STYLE.text);
  return `<c r="${place}" t="inlineStr" s="${chosen}"><is><t xml:space="preserve">${escaped(words.slice(0, MAX_TEXT))}</t></is></c>`;
}

function cell(place: string, shown: Shown): string {
  if (shown === '') return '';
  if (typeof shown === 'string') return text(place, shown);
  if (typeof shown === 'number') return Number.isFinite(shown) ? `<c r="${place}"><v>${shown}</v></c>` : '';
  const [at, style] = 'day' in shown ? [shown.day, STYLE.day] : [wallClock(shown.time), STYLE.time];
  const days = serial(at);
  return days === null ? text(place, at) : `<c r="${place}" s="${style}"><v>${days}</v></c>`;
}

/** As wide as what is in the column, within what is pleasant to read. */
function width(table: ExportTable, at: number, title: string): number {
  const lengths = table.rows.map((row) => {
    const shown = row[at]?.shown ?? '';
    return typeof shown === 'object' ? ('day' in shown ? 11 : 17) : Math.max(...String(shown).split('\n').map((line) => line.length));
  });
  return Math.min(60, Math.max(8, title.length + 2, lengths.reduce((most, one) => Math.max(most, one), 0) + 1));
}

function sheet(table: ExportTable, zone: string): string {
  const titles = table.columns.map((column) => titleOf(column, zone));
  const columns = titles.map((title, at) => `<col min="${at + 1}" max="${at + 1}" width="${width(table, at, title)}" customWidth="1"/>`).join('');
  const head = `<row r="1">${titles.map((title, at) => text(`${letters(at)}1`, title, STYLE.title)).join('')}</row>`;
  const rows = table.rows.map((row, at) => `<row r="${at + 2}">${row.map(({ shown }, column) => cell(`${letters(column)}${at + 2}`, shown)).join('')}</row>`).join('');
  const all = `A1:${letters(Math.max(0, titles.length - 1))}${table.rows.length + 1}`;
  // The titles stay in sight, and every column can be filtered.
  return `${HEAD}<worksheet xmlns="${MAIN}"><dimension ref="${all}"/><sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews><cols>${columns}</cols><sheetData>${head}${rows}</sheetData><autoFilter ref="${all}"/></worksheet>`;
}

/** At most 31 characters, none of those that formulas use, and no name twice. */
export function sheetNames(titles: readonly string[]): string[] {
  const taken = new Set<string>();
  return titles.map((title, at) => {
    const plain = title.replace(/[[\]:*?/\\']/g, ' ').replace(/\s+/g, ' ').trim().slice(0, 28).trim() || String(at + 1);
    const name = taken.has(plain.toLowerCase()) ? `${plain} ${at + 1}` : plain;
    taken.add(name.toLowerCase());
    return name;
  });
}

/** The bytes of the workbook. */
export function xlsxOf(tables: readonly ExportTable[], zone = readerZone()): Uint8Array<ArrayBuffer> {
  const names = sheetNames(tables.map(({ title }) => title));
  const sheets = names.map((name, at) => `<sheet name="${escaped(name)}" sheetId="${at + 1}" r:id="rId${at + 1}"/>`).join('');
  const links = names.map((_, at) => `<Relationship Id="rId${at + 1}" Type="${LINKS}/worksheet" Target="worksheets/sheet${at + 1}.xml"/>`).join('');
  const kinds = names.map((_, at) => `<Override PartName="/xl/worksheets/sheet${at + 1}.xml" ContentType="${KIND}.worksheet+xml"/>`).join('');
  const files: Record<string, string> = {
    '[Content_Types].xml': `${HEAD}<Types xmlns="${PACKAGE}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="${KIND}.sheet.main+xml"/>${kinds}<Override PartName="/xl/styles.xml" ContentType="${KIND}.styles+xml"/></Types>`,
    '_rels/.rels': `${HEAD}<Relationships xmlns="${PACKAGE}/relationships"><Relationship Id="rId1" Type="${LINKS}/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
    'xl/workbook.xml': `${HEAD}<workbook xmlns="${MAIN}" xmlns:r="${LINKS}"><sheets>${sheets}</sheets></workbook>`,
    'xl/_rels/workbook.xml.rels': `${HEAD}<Relationships xmlns="${PACKAGE}/relationships">${links}<Relationship Id="rId${names.length + 1}" Type="${LINKS}/styles" Target="styles.xml"/></Relationships>`,
    'xl/styles.xml': STYLES,
    ...Object.fromEntries(tables.map((table, at) => [`xl/worksheets/sheet${at + 1}.xml`, sheet(table, zone)])),
  };
  return zipSync(Object.fromEntries(Object.entries(files).map(([name, content]) => [name, strToU8(content)]))) as Uint8Array<ArrayBuffer>;
}
