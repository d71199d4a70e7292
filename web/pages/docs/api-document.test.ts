import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ApiDocument, accessWords, groupsOf, limitWords, typeWords } from './api-document.ts';
import { curlExample } from './curl-example.ts';

/** As for the keys of a stream. */
const OWNERS = {
  any: ['admin'],
  own: ['broadcaster'],
  scopes: ['keys:write'],
  operator: 'always',
  isPersonal: false,
} as const;
const answers = { 200: { description: 'As asked.' }, 404: { description: '`key_not_found`' } };
const document: ApiDocument = {
  info: { version: '1' },
  tags: [
    { name: 'keys', description: '' },
    { name: 'streams', description: '' },
    { name: 'empty', description: '' },
  ],
  paths: {
    '/api/streams': {
      get: {
        ...{ operationId: 'listStreams', summary: 'Streams', tags: ['streams'] },
        ...{ responses: answers, 'x-access': 'everybody' },
      },
      post: {
        ...{ operationId: 'createStream', summary: 'Make a stream', tags: ['streams'] },
        ...{ responses: answers, 'x-access': OWNERS },
        requestBody: {
          content: {
            'application/json': {
              schema: {
                type: 'object',
                properties: { title: { type: 'string' }, once: { type: 'boolean' } },
                required: ['title'],
              },
            },
          },
        },
      },
    },
    '/api/streams/{id}/keys/{keyId}': {
      delete: {
        ...{ operationId: 'revokeKey', summary: 'Revoke', tags: ['keys'], responses: answers },
        'x-access': { ...OWNERS, object: 'stream' },
      },
    },
  },
  components: { schemas: {} },
};

const found = (search: string): string[] =>
  groupsOf(document, search).flatMap(({ name, routes }) =>
    routes.map(({ operation }) => `${name} ${operation.operationId}`),
  );

test('groupsOf() gives routes by tag in the order of tags, none for nothing', () => {
  assert.deepEqual(found(''), ['keys revokeKey', 'streams listStreams', 'streams createStream']);
});

test('groupsOf() finds every word in names, fields and refusals', () => {
  assert.deepEqual(found('TITLE'), ['streams createStream']);
  assert.deepEqual(found('delete keyid'), ['keys revokeKey']);
  assert.deepEqual(found('key_not_found get'), ['streams listStreams']);
  assert.deepEqual(found('delete title'), []);
});

test('typeWords() and limitWords() say what a value may be', () => {
  assert.equal(typeWords({ anyOf: [{ type: 'string' }, { type: 'null' }] }), 'string or null');
  assert.equal(typeWords({ type: 'string', format: 'date-time' }), 'string (date-time)');
  assert.equal(
    typeWords({ type: 'array', items: { $ref: '#/components/schemas/Key' } }),
    'list of Key',
  );
  assert.equal(limitWords({ minimum: 1, maximum: 100, default: 50 }), '50 without it; 1 to 100');
  assert.equal(limitWords({ minLength: 1 }), '');
  assert.equal(limitWords({ minLength: 10 }), 'at least 10 characters');
  assert.equal(limitWords({ maxLength: 5 }), 'at most 5 characters');
});

test('curlExample() is a call with a body as short as may be', () => {
  const [, streams] = groupsOf(document, '');
  const [list, create] = streams?.routes ?? [];
  assert.ok(list !== undefined && create !== undefined);
  assert.equal(curlExample(list, 'http://here'), 'curl http://here/api/streams');
  assert.equal(
    curlExample(create, 'http://here'),
    'curl -X POST http://here/api/streams \\\n' +
      '  -H "Authorization: Bearer $TOKEN" \\\n' +
      "  -H 'Content-Type: application/json' \\\n" +
      '  -d \'{"title":"TITLE"}\'',
  );
});

test('accessWords() says who may, and by which scope', () => {
  assert.equal(accessWords('everybody'), 'Everybody, without signing in.');
  assert.equal(
    accessWords({ ...OWNERS, object: 'stream' }),
    'Administrators, broadcasters if the stream is their own and the operator (`API_TOKEN`, or ' +
      'this machine while the server has no account). A token needs the scope `keys:write`.',
  );
  assert.equal(
    accessWords({ ...OWNERS, own: [], scopes: [], operator: 'by-token' }),
    'Administrators and the operator, by `API_TOKEN`. A token needs the scope `admin`.',
  );
  const account = { ...OWNERS, any: [], own: ['viewer'], scopes: [], operator: 'never' } as const;
  assert.equal(
    accessWords({ ...account, isPersonal: true }),
    'Whoever is signed in, about their own account. Tokens may not.',
  );
});
