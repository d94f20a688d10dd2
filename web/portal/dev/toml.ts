// As much of TOML as the content files use: tables and lists of tables, dotted keys, strings of every kind, lists, inline tables. The hub
// reads them with a real parser, and its tests load every file; this one serves the pretend hub only.
import { readFileSync, readdirSync } from 'node:fs';

type Value = string | number | boolean | Value[] | Table;
export interface Table {
  [key: string]: Value;
}

const ESCAPES: Record<string, string> = { n: '\n', t: '\t', '"': '"', '\\': '\\' };
const unescaped = (text: string) => text.replace(/\\\s*\n\s*/g, '').replace(/\\(.)/g, (_whole, sign: string) => ESCAPES[sign] ?? sign);

class Reader {
  #at = 0;
  readonly #text: string;
  constructor(text: string) {
    this.#text = text;
  }

  #take(pattern: RegExp): RegExpExecArray | null {
    const sticky = new RegExp(pattern.source, 'sy');
    sticky.lastIndex = this.#at;
    const found = sticky.exec(this.#text);
    if (found) this.#at = sticky.lastIndex;
    return found;
  }
  #blank(): void {
    this.#take(/(\s|#[^\n]*)*/);
  }
  #key(): string[] {
    const parts = [];
    do parts.push((this.#take(/ *"?([\w-]+)"? */) ?? this.#fail())[1] ?? '');
    while (this.#take(/\./));
    return parts;
  }
  #fail(): never {
    throw new Error(`TOML not understood: ${this.#text.slice(this.#at, this.#at + 60)}`);
  }

  #value(): Value {
    const found = this.#take(/"""\n?(.*?)"""/) ?? this.#take(/"((?:\\.|[^"\\])*)"/);
    if (found) return unescaped(found[1] ?? '');
    const literal = this.#take(/'([^']*)'/);
    if (literal) return literal[1] ?? '';
    if (this.#take(/\[/)) return this.#list();
    if (this.#take(/\{/)) return this.#inline();
    const [word] = this.#take(/[\w.+-]+/) ?? this.#fail();
    return word === 'true' || word === 'false' ? word === 'true' : Number(word);
  }
  #list(): Value[] {
    const items: Value[] = [];
    for (this.#blank(); !this.#take(/\]/); this.#blank()) {
      items.push(this.#value());
      this.#blank();
      this.#take(/,/);
    }
    return items;
  }
  #inline(): Table {
    const table: Table = {};
    for (this.#blank(); !this.#take(/\}/); this.#blank()) {
      this.#assign(table);
      this.#blank();
      this.#take(/,/);
    }
    return table;
  }
  #assign(table: Table): void {
    const keys = this.#key();
    const last = keys.pop() ?? '';
    this.#take(/= */);
    keys.reduce((inner, key) => (inner[key] ??= {}) as Table, table)[last] = this.#value();
  }
  /** The newest of a list of tables stands for the list. */
  #open(root: Table, keys: string[], isList: boolean): Table {
    return keys.reduce((inner, key, at) => {
      if (isList && at === keys.length - 1) {
        const list = (inner[key] ??= []) as Table[];
        list.push({});
        return list.at(-1) ?? {};
      }
      const next = (inner[key] ??= {});
      return (Array.isArray(next) ? next.at(-1) : next) as Table;
    }, root);
  }

  read(): Table {
    const root: Table = {};
    let table = root;
    for (this.#blank(); this.#at < this.#text.length; this.#blank()) {
      const head = this.#take(/\[\[?/);
      if (head) {
        table = this.#open(root, this.#key(), head[0] === '[[');
        this.#take(/\]\]?/);
      } else this.#assign(table);
    }
    return root;
  }
}

const content = new URL('../../../content/', import.meta.url);
export const textOf = (file: string): string => readFileSync(new URL(file, content), 'utf8');
export const tableOf = <T>(file: string): T => new Reader(textOf(file)).read() as T;
export const tablesIn = <T>(folder: string): T[] =>
  readdirSync(new URL(folder, content)).filter((name) => name.endsWith('.toml')).sort().map((name) => tableOf<T>(`${folder}/${name}`));
