import type { VNode } from 'preact';

/** Prose of the document: what stands in backticks is code. */
export function Words({ text }: { readonly text: string }): VNode {
  const parts = text.split('`');
  return (
    <>
      {parts.map((part, index) => {
        const key = `${index} ${part}`;
        return index % 2 === 0 ? <span key={key}>{part}</span> : <code key={key}>{part}</code>;
      })}
    </>
  );
}
