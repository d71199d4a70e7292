/** Attributes in the order written; undefined ones are left out. */
export type Attributes = readonly (readonly [string, string | number | boolean | undefined])[];

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
};

/** An XML element on lines of its own; `children` are texts of elements, indented by one step. */
export function element(
  name: string,
  attributes: Attributes,
  children: readonly string[] = [],
): string {
  let head = `<${name}`;
  for (const [key, value] of attributes) {
    if (value !== undefined) head += ` ${key}="${escapeText(String(value))}"`;
  }
  if (children.length === 0) return `${head}/>`;
  const inner = children.map((child) => child.replaceAll(/^/gm, '  ')).join('\n');
  return `${head}>\n${inner}\n</${name}>`;
}

/** xs:duration of whole or broken milliseconds, such as `PT2.002S`. */
export function duration(ms: number): string {
  return `PT${decimal(ms / 1000, 6)}S`;
}

/** xs:dateTime in UTC, to the millisecond. */
export function dateTime(epochMs: number): string {
  return new Date(epochMs).toISOString();
}

/** A number with at most `digits` places after the point, and no zeros at its end. */
export function decimal(value: number, digits: number): string {
  const text = value.toFixed(digits);
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}

function escapeText(text: string): string {
  return text.replaceAll(/[&<>"]/g, (character) => ESCAPES[character] ?? character);
}
