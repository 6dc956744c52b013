import { S3Error } from './errors.ts';

export const XML_HEADER = '<?xml version="1.0" encoding="UTF-8"?>\n';
const NAMESPACE = 'http://s3.amazonaws.com/doc/2006-03-01/';

/** An element that was parsed: its text, or the elements in it. */
export type XmlElement = {
  readonly name: string;
  readonly text: string;
  readonly children: readonly XmlElement[];
};

/** An element; `content` is text, or elements that are XML already. */
export function element(name: string, content: string | readonly string[]): string {
  return `<${name}>${typeof content === 'string' ? escaped(content) : content.join('')}</${name}>`;
}

/** A whole answer. */
export function xmlDocument(root: string, content: readonly string[]): string {
  return `${XML_HEADER}<${root} xmlns="${NAMESPACE}">${content.join('')}</${root}>`;
}

/** Parses what S3's requests contain: elements and text, no CDATA, no document type. */
export function parseXml(xml: string): XmlElement {
  const document: Open = { name: '', text: '', children: [] };
  const open: Open[] = [document];
  const rest = xml.replace(TOKEN, (...[, closing, name, empty, text]: (string | undefined)[]) => {
    const current = open.at(-1);
    if (!current) throw new S3Error('MalformedXML');
    if (text !== undefined) current.text += unescaped(text);
    else if (closing !== undefined) close(open, closing);
    else if (name !== undefined) {
      const child: Open = { name, text: '', children: [] };
      current.children.push(child);
      if (!empty) open.push(child);
    }
    return '';
  });
  const [root, ...others] = document.children;
  if (rest !== '' || open.length !== 1 || !root || others.length > 0 || document.text.trim()) {
    throw new S3Error('MalformedXML');
  }
  return root;
}

/** The text of a child; undefined without such a child. */
export function childText(parent: XmlElement, name: string): string | undefined {
  return parent.children.find((child) => child.name === name)?.text;
}

export function childrenNamed(parent: XmlElement, name: string): readonly XmlElement[] {
  return parent.children.filter((child) => child.name === name);
}

type Open = { readonly name: string; text: string; readonly children: Open[] };

// A declaration or comment, an end tag, a start tag (perhaps an empty element), or text.
const TOKEN =
  /<\?[^>]*\?>|<!--.*?-->|<\/([\w:.-]+)\s*>|<([\w:.-]+)(?:\s+[\w:.-]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*\s*(\/?)>|([^<]+)/gsu;

const ENTITIES: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
};

function close(open: Open[], name: string): void {
  if (open.length < 2 || open.pop()?.name !== name) throw new S3Error('MalformedXML');
}

function unescaped(text: string): string {
  return text.replace(/&(?:#x([\da-f]+)|#(\d+)|(\w+));|&/gi, (_all, hex, decimal, name) => {
    if (hex !== undefined) return String.fromCodePoint(Number.parseInt(hex, 16));
    if (decimal !== undefined) return String.fromCodePoint(Number(decimal));
    const character = ENTITIES[String(name)];
    if (character === undefined) throw new S3Error('MalformedXML');
    return character;
  });
}

/** Control characters as references too: a parser would change a bare carriage return. */
function escaped(text: string): string {
  // oxlint-disable-next-line no-control-regex -- keys may contain them
  return text.replace(/[&<>"\u0000-\u001F]/g, (character) => {
    const name = Object.keys(ENTITIES).find((each) => ENTITIES[each] === character);
    return name ? `&${name};` : `&#x${character.charCodeAt(0).toString(16)};`;
  });
}
