/**
 * What a route of the API is: one value that validates, answers, is documented and says who may
 * call it. Nothing about a route is written down anywhere else.
 */
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import type { ErrorCode, Refusal } from '../../../contract/index.ts';
import type { Principal } from '../../account/index.ts';
import type { Actor } from '../../store/sql/index.ts';
import type { Access } from './access.ts';

/** The groups of the document, in its order. */
export const TAGS = [
  'streams',
  'keys',
  'chat',
  'viewers',
  'accounts',
  'webhooks',
  'events',
  'audit',
  'server',
  'document',
] as const;

/** See `TAGS`. */
export type Tag = (typeof TAGS)[number];

/** The answers of success: by status, their body; null: none. */
export type AnswerSchemas = Readonly<Record<number, z.ZodType | null>>;

/** Who asks what, checked. */
export interface Call<Params, Query, Body> {
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  readonly principal: Principal;
  /** The same for the audit log. */
  readonly actor: Actor;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

/** The same, and a handler may give what it does not own. */
type Deep<T> = T extends readonly (infer Item)[]
  ? readonly Deep<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]: Deep<T[Key]> }
    : T;

/** An answer of success, one of those that the route declares. */
export type Answer<Answers extends AnswerSchemas> = {
  readonly [Status in keyof Answers & number]: {
    readonly status: Status;
    readonly body: Answers[Status] extends z.ZodType ? Deep<z.output<Answers[Status]>> : null;
    readonly headers?: Readonly<Record<string, string | string[]>>;
  };
}[keyof Answers & number];

/** What a route's handler was given over: it writes to the socket itself. */
export const TAKEN_OVER = Symbol('taken over');

/** What every route declares. */
export interface RouteFacts {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** As fastify writes it, such as `/api/streams/:id`. */
  readonly path: `/api/${string}`;
  /** Unique; the typed client's name for it. */
  readonly operationId: string;
  readonly summary: string;
  readonly description?: string;
  readonly tag: Tag;
  readonly access: Access;
  /** What is to be done, as in "Cannot … : why". */
  readonly verb: string;
  /** Refusals of its own, besides those that its parts bring. */
  readonly problems?: readonly ErrorCode[];
  /** Counted against a budget of their own: what pages send by themselves takes nothing from people. */
  readonly budget?: 'viewers';
  /** What the answers of success are, if not JSON. */
  readonly mediaType?: string;
}

/** A route as it is written down. */
export interface RouteDefinition<
  Params extends z.ZodType,
  Query extends z.ZodType,
  Body extends z.ZodType,
  Answers extends AnswerSchemas,
> extends RouteFacts {
  readonly params?: Params;
  readonly query?: Query;
  readonly body?: Body;
  readonly answers: Answers;
  readonly answer: (
    call: Call<z.output<Params>, z.output<Query>, z.output<Body>>,
  ) => Promise<Answer<NoInfer<Answers>> | Refusal | typeof TAKEN_OVER>;
}

/** A route as the rest of the API sees it: its types are checked where it was defined. */
export interface ApiRoute extends RouteFacts {
  readonly params?: z.ZodType | undefined;
  readonly query?: z.ZodType | undefined;
  readonly body?: z.ZodType | undefined;
  readonly answers: AnswerSchemas;
  readonly answer: (call: Call<unknown, unknown, unknown>) => Promise<
    | {
        readonly status: number;
        readonly body: unknown;
        readonly headers?: Readonly<Record<string, string | string[]>>;
      }
    | Refusal
    | typeof TAKEN_OVER
  >;
}

/** Writes down a route; its handler is checked against the schemas here. */
export function defineRoute<
  Params extends z.ZodType,
  Query extends z.ZodType,
  Body extends z.ZodType,
  Answers extends AnswerSchemas,
>(route: RouteDefinition<Params, Query, Body, Answers>): ApiRoute {
  // The registration hands the handler what these very schemas have read.
  return { ...route, answer: route.answer as ApiRoute['answer'] };
}
