import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeApi } from './document.ts';
import { everyRoute } from './every-route.test-support.ts';

const document = describeApi(everyRoute(), '1.2.3');
const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
);

test('describeApi() names every parameter of every path, and each operation once', () => {
  for (const { path, operation } of operations) {
    const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    const described = (operation.parameters ?? []).filter((each) => each.in === 'path');
    assert.deepEqual(
      described.map(({ name }) => name).toSorted(),
      named.toSorted(),
      operation.operationId,
    );
  }
  const ids = operations.map(({ operation }) => operation.operationId);
  assert.equal(new Set(ids).size, ids.length);
});

test('describeApi() refers to nothing that is not there', () => {
  const text = JSON.stringify(document);
  const references = [...text.matchAll(/"\$ref":"([^"]+)"/g)].map(
    ([, reference = '']) => reference,
  );
  assert.ok(references.length > 0);
  for (const reference of references) {
    const name = /^#\/components\/schemas\/(\w+)$/.exec(reference)?.[1];
    assert.ok(name !== undefined && name in document.components.schemas, reference);
  }
  assert.ok(!text.includes('$defs') && !text.includes('$schema'));
});

test('describeApi() says of each operation who may, what it answers, and what it refuses', () => {
  for (const { operation, method, path } of operations) {
    const what = `${method} ${path}`;
    assert.ok(operation.summary !== '' && operation['x-access'] !== undefined, what);
    const statuses = Object.keys(operation.responses).map(Number);
    assert.ok(
      statuses.some((status) => status < 300),
      what,
    );
    assert.ok(
      statuses.some((status) => status >= 400),
      what,
    );
    if (operation['x-access'] !== 'everybody') assert.ok(statuses.includes(401), what);
  }
});

test('describeApi() describes the very fields that a body is checked for', () => {
  const body = document.paths['/api/streams']?.post?.requestBody;
  const schema = body?.content['application/json']?.schema;
  assert.equal(body?.required, true);
  assert.deepEqual(schema?.required, ['title']);
  assert.ok('scheduledStart' in (schema?.properties ?? {}));
  const answer = document.paths['/api/streams/{id}']?.get?.responses['200'];
  assert.deepEqual(answer?.content?.['application/json']?.schema, {
    $ref: '#/components/schemas/Stream',
  });
});
