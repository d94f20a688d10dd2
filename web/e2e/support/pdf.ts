// What stands on the pages of a PDF as Chromium writes it: enough to tell that a report has pages and words, no reader of any PDF.
import { inflateSync } from 'node:zlib';

const stream = (body: Buffer): string => {
  const text = body.toString('latin1');
  const start = /stream\r?\n/.exec(text);
  if (!start) return '';
  const data = body.subarray(start.index + start[0].length, text.lastIndexOf('endstream'));
  return /\/FlateDecode/.test(text.slice(0, start.index)) ? inflateSync(data).toString('latin1') : data.toString('latin1');
};

interface Font {
  /** Digits of a glyph: a variable font is drawn with two, any other with four. */
  digits: number;
  characters: Map<number, string>;
}

/** Which character each glyph of a font stands for, as its `ToUnicode` map tells. */
function fontOf(map: string): Font {
  const characters = new Map<number, string>();
  const hex = (text = '') => Number.parseInt(text, 16);
  const said = (text = '') => String.fromCharCode(...(text.match(/.{4}/g) ?? []).map(hex));
  for (const [, block = ''] of map.matchAll(/beginbfchar([\s\S]*?)endbfchar/g)) {
    for (const [, glyph, text] of block.matchAll(/<(\w+)>\s*<(\w+)>/g)) characters.set(hex(glyph), said(text));
  }
  for (const [, block = ''] of map.matchAll(/beginbfrange([\s\S]*?)endbfrange/g)) {
    for (const [, first, last, text] of block.matchAll(/<(\w+)>\s*<(\w+)>\s*<(\w+)>/g)) {
      for (let glyph = hex(first); glyph <= hex(last); glyph += 1) characters.set(glyph, String.fromCharCode(hex(text) + glyph - hex(first)));
    }
  }
  return { digits: /begincodespacerange\s*<(\w+)>/.exec(map)?.[1]?.length ?? 4, characters };
}

/** The words of each page, spaces left out: a browser places them as it likes. */
export function pagesOf(pdf: Buffer): string[] {
  const raw = pdf.toString('latin1');
  const objects = new Map<string, Buffer>();
  for (const { 1: id = '', index } of raw.matchAll(/(?:^|\n)(\d+) 0 obj\b/g)) objects.set(id, pdf.subarray(index, raw.indexOf('endobj', index)));
  const text = (id: string) => objects.get(id)?.toString('latin1') ?? '';
  const references = (from: string, key: string) => [...(new RegExp(`/${key}\\s*(?:\\[([^\\]]*)\\]|(\\d+) 0 R)`).exec(from)?.[0] ?? '').matchAll(/(\d+) 0 R/g)].map(([, id = '']) => id);
  const pages = [...objects.keys()].map(text).filter((page) => /\/Type\s*\/Page\b/.test(page));
  return pages.map((page) => {
    const fonts = new Map<string, Font>();
    for (const [, name = '', id = ''] of (/\/Font\s*<<([\s\S]*?)>>/.exec(page)?.[1] ?? '').matchAll(/\/(\w+)\s+(\d+) 0 R/g)) {
      const [map = ''] = references(text(id), 'ToUnicode');
      fonts.set(name, fontOf(stream(objects.get(map) ?? Buffer.alloc(0))));
    }
    let font: Font = { digits: 4, characters: new Map() };
    let words = '';
    for (const id of references(page, 'Contents')) {
      for (const [, name, glyphs = ''] of stream(objects.get(id) ?? Buffer.alloc(0)).matchAll(/\/(\w+) [\d.]+ Tf|<([0-9A-Fa-f]+)>/g)) {
        if (name !== undefined) font = fonts.get(name) ?? font;
        else for (let at = 0; at < glyphs.length; at += font.digits) words += font.characters.get(Number.parseInt(glyphs.slice(at, at + font.digits), 16)) ?? '';
      }
    }
    return words.replace(/\s/g, '');
  });
}
