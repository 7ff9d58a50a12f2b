/**
 * The templates of kerchunk references: text with `{{ expressions }}` over names, integers and strings, as Jinja renders
 * them. What goes beyond (filters, statements, fractions) is refused by name.
 *
 * @module
 */
import { ReaderError } from "../core/error.js";

/** A template with arguments of its own, called as `name(c='text')`. */
export type TemplateFunction = (named: ReadonlyMap<string, TemplateValue>) => string;
export type TemplateValue = string | number | TemplateFunction;
export type TemplateScope = ReadonlyMap<string, TemplateValue>;

const tokenPattern = /\s*(?:(\d+)|([A-Za-z_]\w*)|'([^'\\]*)'|"([^"\\]*)"|(\*\*|\/\/|[-+*%~()=,]))/y;
/** Templates that call templates. */
const maxDepth = 8;

interface Token {
  readonly kind: "number" | "name" | "text" | "sign";
  readonly text: string;
}

/** Tells whether a text has anything to render. */
export function isTemplate(text: string): boolean {
  return text.includes("{{") || text.includes("{%") || text.includes("{#");
}

/**
 * Renders a template.
 *
 * @throws ReaderError `unsupported` for what of Jinja is not rendered, `invalid-metadata` for names that are not defined
 */
export function renderTemplate(text: string, scope: TemplateScope, depth = 0): string {
  if (!isTemplate(text)) return text;
  if (depth > maxDepth) throw refuse(text, "templates call each other too deep");
  if (/\{[%#]/.test(text)) throw refuse(text, "statements and comments are not rendered");
  return text.replace(/\{\{(.*?)\}\}/gs, (_, expression: string) => {
    const value = new Expression(expression, scope).evaluate();
    if (typeof value !== "function") return String(value);
    // Jinja calls what it prints only when it is called.
    return value(new Map());
  });
}

/** Makes the value of a named template: text, or a function where it has holes of its own. */
export function makeTemplate(text: string): TemplateValue {
  return isTemplate(text) ? (named) => renderTemplate(text, named, 1) : text;
}

class Expression {
  readonly #text: string;
  readonly #scope: TemplateScope;
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(text: string, scope: TemplateScope) {
    this.#text = text;
    this.#scope = scope;
    this.#tokens = this.#tokenize();
  }

  evaluate(): TemplateValue {
    const value = this.#sum();
    if (this.#at < this.#tokens.length) throw refuse(this.#text, "its end was not understood");
    return value;
  }

  #tokenize(): Token[] {
    const tokens: Token[] = [];
    let at = 0;
    while (this.#text.slice(at).trim() !== "") {
      tokenPattern.lastIndex = at;
      const match = tokenPattern.exec(this.#text);
      if (match === null) throw refuse(this.#text, `"${this.#text.slice(at).trim()}" is not rendered`);
      const [whole, number, name, single, double, sign] = match;
      const text = number ?? name ?? single ?? double ?? sign!;
      const kind =
        number !== undefined ? "number" : name !== undefined ? "name" : sign !== undefined ? "sign" : "text";
      tokens.push({ kind, text });
      at += whole.length;
    }
    return tokens;
  }

  #take(...signs: readonly string[]): string | undefined {
    const next = this.#tokens[this.#at];
    if (next?.kind !== "sign" || !signs.includes(next.text)) return undefined;
    this.#at++;
    return next.text;
  }

  #sum(): TemplateValue {
    let left = this.#product();
    for (let sign = this.#take("+", "-", "~"); sign !== undefined; sign = this.#take("+", "-", "~")) {
      const right = this.#product();
      if (sign === "~" || (sign === "+" && typeof left === "string" && typeof right === "string")) {
        left = `${this.#printed(left)}${this.#printed(right)}`;
      } else {
        left = this.#whole(
          sign === "+" ? this.#int(left) + this.#int(right) : this.#int(left) - this.#int(right),
        );
      }
    }
    return left;
  }

  #product(): TemplateValue {
    let left = this.#power();
    for (let sign = this.#take("*", "//", "%"); sign !== undefined; sign = this.#take("*", "//", "%")) {
      const right = this.#power();
      left =
        sign === "%" && typeof left === "string"
          ? this.#format(left, right)
          : this.#divide(sign, left, right);
    }
    return left;
  }

  /** Quotients and remainders round downwards, as in Python. */
  #divide(sign: string, left: TemplateValue, right: TemplateValue): number {
    const [a, b] = [this.#int(left), this.#int(right)];
    if (sign === "*") return this.#whole(a * b);
    if (b === 0) throw refuse(this.#text, "it divides by zero");
    return sign === "//" ? Math.floor(a / b) : a - Math.floor(a / b) * b;
  }

  #power(): TemplateValue {
    if (this.#take("-") !== undefined) return -this.#int(this.#power());
    const base = this.#primary();
    return this.#take("**") === undefined ? base : this.#whole(this.#int(base) ** this.#int(this.#power()));
  }

  #primary(): TemplateValue {
    if (this.#take("(") !== undefined) {
      const value = this.#sum();
      if (this.#take(")") === undefined) throw refuse(this.#text, "a bracket is not closed");
      return value;
    }
    const token = this.#tokens[this.#at++];
    if (token === undefined || token.kind === "sign") throw refuse(this.#text, "a value is missing");
    if (token.kind === "number") return this.#whole(Number(token.text));
    if (token.kind === "text") return token.text;
    const value = this.#scope.get(token.text);
    if (value === undefined) {
      throw new ReaderError(
        "invalid-metadata",
        `The references use "${token.text}", which they do not define.`,
      );
    }
    return this.#take("(") === undefined ? value : this.#call(token.text, value);
  }

  #call(name: string, value: TemplateValue): string {
    if (typeof value !== "function") throw refuse(this.#text, `"${name}" takes no arguments`);
    const named = new Map<string, TemplateValue>();
    while (this.#take(")") === undefined) {
      const argument = this.#tokens[this.#at++];
      if (argument?.kind !== "name" || this.#take("=") === undefined) {
        throw refuse(this.#text, "arguments are given by name only");
      }
      named.set(argument.text, this.#sum());
      this.#take(",");
    }
    return value(named);
  }

  /** `'%03d' % i`, the one formatting that numbered files need. */
  #format(pattern: string, value: TemplateValue): string {
    const match = /^([^%]*)%(0?)(\d*)([ds])([^%]*)$/.exec(pattern);
    if (match === null) throw refuse(this.#text, `the format "${pattern}" is not rendered`);
    const [, before, zero, width, kind, after] = match;
    const text = kind === "d" ? String(this.#int(value)) : this.#printed(value);
    return `${before}${text.padStart(Math.min(Number(width), 99), zero === "0" ? "0" : " ")}${after}`;
  }

  #printed(value: TemplateValue): string {
    return typeof value === "function" ? value(new Map()) : String(value);
  }

  #int(value: TemplateValue): number {
    if (typeof value === "number") return value;
    throw refuse(this.#text, "it calculates with something that is no integer");
  }

  #whole(value: number): number {
    if (Number.isSafeInteger(value)) return value;
    throw refuse(this.#text, "it leaves the integers that are exact");
  }
}

function refuse(text: string, why: string): ReaderError {
  const shown = text.length > 80 ? `${text.slice(0, 80)}…` : text;
  return new ReaderError(
    "unsupported",
    `The template "${shown.trim()}" of the references cannot be rendered: ${why}.`,
  );
}
