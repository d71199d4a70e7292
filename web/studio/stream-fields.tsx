/** What a person says of a stream, when they make it and later. */
import type { VNode } from 'preact';
import type { StreamView } from '../../contract/index.ts';
import { Area, Field, typed } from '../base/index.ts';

const MINUTE_MS = 60_000;

/** The fields of the form; `stream` is what stands in them at first. */
export function StreamFields({ stream }: { readonly stream?: StreamView }): VNode {
  const { title, description, category, scheduledStart = null } = stream ?? {};
  const start = scheduledStart === null ? '' : localTime(scheduledStart);
  return (
    <>
      <Field
        label="Title"
        name="title"
        autoComplete="off"
        maxLength={200}
        isProse
        defaultValue={title ?? ''}
      />
      <Area
        label="Description"
        name="description"
        maxLength={5_000}
        defaultValue={description ?? ''}
      />
      <Field
        label="Category"
        name="category"
        autoComplete="off"
        maxLength={100}
        isProse
        isOptional
        defaultValue={category ?? ''}
      />
      <Field
        label="Announced start"
        name="scheduledStart"
        type="datetime-local"
        autoComplete="off"
        hint="The watch page counts down to it. Empty: not announced."
        isOptional
        defaultValue={start}
      />
    </>
  );
}

/** What was typed into them. */
export function streamTyped(fields: FormData): {
  readonly title: string;
  readonly description: string;
  readonly category: string;
  readonly scheduledStart: string | null;
} {
  return {
    title: typed(fields, 'title'),
    description: typed(fields, 'description'),
    category: typed(fields, 'category').trim(),
    scheduledStart: timeTyped(fields, 'scheduledStart'),
  };
}

/** A time as a person typed it, which is theirs, as ISO 8601 in UTC; null without one. */
export function timeTyped(fields: FormData, name: string): string | null {
  const text = typed(fields, name);
  return text === '' ? null : new Date(text).toISOString();
}

/** A time as a field of type datetime-local wants it: the reader's own, without a zone. */
function localTime(time: string): string {
  const date = new Date(time);
  const shifted = new Date(date.getTime() - date.getTimezoneOffset() * MINUTE_MS);
  return shifted.toISOString().slice(0, 'YYYY-MM-DDThh:mm'.length);
}
