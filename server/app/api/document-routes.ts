import { z } from 'zod';
import { type ApiDocument, describeApi } from './document.ts';
import { type ApiRoute, defineRoute } from './route.ts';

/** Where the document of the API is, which describes `routes` and itself. */
export function documentRoutes(routes: readonly ApiRoute[], version: string): readonly ApiRoute[] {
  let document: ApiDocument | undefined;
  const route = defineRoute({
    ...{ method: 'GET', path: '/api/openapi.json', operationId: 'getDocument', tag: 'document' },
    summary: 'This document: OpenAPI 3.1',
    verb: 'show the document',
    access: 'everybody',
    answers: { 200: z.looseObject({ openapi: z.string() }) },
    answer: async () => {
      document ??= describeApi([...routes, route], version);
      return { status: 200, body: { ...document } };
    },
  });
  return [route];
}
