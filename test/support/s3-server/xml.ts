/**
 * @module The little XML that S3 speaks: escaped text out, a tree of elements in. Attributes are skipped,
 * document types refused.
 */

export const XML_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n';
export const S3_NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/";

export interface XmlNode {
  readonly name: string;
  readonly children: XmlNode[];
  text: string;
}

const ESCAPES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

export function escapeXml(text: string): string {
  // Control characters are allowed in keys; AWS writes them as references, XML 1.0 or not.
  return text.replace(/[&<>"\p{Cc}]/gu, (c) => ESCAPES[c] ?? `&#x${c.charCodeAt(0).toString(16)};`);
}

/** `<name>text</name>`, the text escaped. */
export function element(name: string, text: string): string {
  return `<${name}>${escapeXml(text)}</${name}>`;
}

function unescapeXml(text: string): string {
  return text.replace(/&(?:#x([0-9a-f]+)|#(\d+)|(\w+));/gi, (all, hex, decimal, name) => {
    if (hex) return String.fromCodePoint(Number.parseInt(hex, 16));
    if (decimal) return String.fromCodePoint(Number(decimal));
    return { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" }[name as string] ?? all;
  });
}

/** The root element, or `undefined` when the text is not well-formed or carries a document type. */
export function parseXml(source: string): XmlNode | undefined {
  if (/<!DOCTYPE/i.test(source)) return undefined;
  const root: XmlNode = { name: "", children: [], text: "" };
  const stack = [root];
  const token = /<\?[\s\S]*?\?>|<!--[\s\S]*?-->|<(\/?)([\w:.-]+)[^>]*?(\/?)>|([^<]+)/gy;
  let end = 0;
  for (let match = token.exec(source); match; match = token.exec(source)) {
    end = token.lastIndex;
    const [, closing, name, empty, text] = match;
    const top = stack.at(-1);
    if (!top) return undefined;
    if (text !== undefined) top.text += unescapeXml(text);
    else if (name === undefined) continue;
    else if (closing) {
      if (top.name !== localName(name) || stack.length === 1) return undefined;
      stack.pop();
    } else {
      const node: XmlNode = { name: localName(name), children: [], text: "" };
      top.children.push(node);
      if (!empty) stack.push(node);
    }
  }
  return end === source.length && stack.length === 1 && root.children.length === 1
    ? root.children[0]
    : undefined;
}

function localName(name: string): string {
  return name.slice(name.indexOf(":") + 1);
}

/** The children of that name. */
export function childrenOf(node: XmlNode, name: string): XmlNode[] {
  return node.children.filter((child) => child.name === name);
}

/** The texts of the children of that name. */
export function textsOf(node: XmlNode, name: string): string[] {
  return childrenOf(node, name).map((child) => child.text);
}
