import { Ajv2020 } from 'ajv/dist/2020.js';
import { validate } from '@scalar/openapi-validator';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { prepareStack, type Stack } from './support/stack.ts';

const Media = z.object({
  schema: z.record(z.string(), z.unknown()),
  examples: z.record(z.string(), z.object({ value: z.unknown() })).optional(),
});
const Content = z.record(z.string(), Media);
const Operation = z.object({
  operationId: z.string().optional(),
  summary: z.string().optional(),
  tags: z.array(z.string()).optional(),
  parameters: z
    .array(z.object({ name: z.string(), in: z.string(), description: z.string().optional() }))
    .default([]),
  requestBody: z.object({ content: Content }).optional(),
  responses: z.record(
    z.string(),
    z.object({ description: z.string(), content: Content.optional() }),
  ),
});
const Document = z.object({
  openapi: z.string(),
  paths: z.record(z.string(), z.record(z.string(), Operation)),
  components: z.object({ schemas: z.record(z.string(), z.unknown()) }),
});
type Named = z.infer<typeof Operation> & { readonly name: string; readonly method: string };

let stack: Stack;
let json: Record<string, unknown>;
let document: z.infer<typeof Document>;
let operations: readonly Named[];
beforeAll(async () => {
  // With everything on that has routes.
  stack = await prepareStack({
    environment: { AGORA_NOTIFICATION_SECRET: 'secret-of-the-tests', AGORA_LEGACY: 'true' },
  });
  await stack.startApi();
  json = (await stack.api('GET', '/openapi.json')).body;
  document = Document.parse(json);
  operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      ...operation,
      method: method.toUpperCase(),
      name: `${method.toUpperCase()} ${path}`,
    })),
  );
});
afterAll(() => stack.stop());

/** The operations that are not as they should be, by name. */
function failing(isFine: (operation: Named) => boolean): string[] {
  return operations.filter((operation) => !isFine(operation)).map(({ name }) => name);
}

describe('the OpenAPI document', () => {
  test('is one, of 3.1', () => {
    expect(document.openapi).toMatch(/^3\.1\./);
    expect(validate(json, { checkPathParameters: true })).toMatchObject({ valid: true });
  });

  test('says of every route what it does', () => {
    expect(operations.length).toBeGreaterThan(15);
    expect(failing(({ summary }) => Boolean(summary))).toEqual([]);
    expect(failing(({ tags }) => tags?.length === 1)).toEqual([]);
    const ids = operations.map(({ operationId }) => operationId);
    expect(new Set(ids).size).toBe(operations.length);
    expect(ids).not.toContain(undefined);
  });

  test('describes every parameter', () => {
    const undescribed = operations.flatMap(({ name, parameters }) =>
      parameters.filter(({ description }) => !description).map((each) => `${name}: ${each.name}`),
    );
    expect(undescribed).toEqual([]);
  });

  test('has an example of every body, which is valid', () => {
    const ajv = new Ajv2020({ strict: false, validateFormats: false });
    ajv.addSchema({ $id: 'document', ...json });
    for (const { name, requestBody } of operations) {
      for (const [type, { schema, examples = {} }] of Object.entries(requestBody?.content ?? {})) {
        expect([name, type, Object.keys(examples).length > 0]).toEqual([name, type, true]);
        const isValid = ajv.compile(schema);
        for (const [title, { value }] of Object.entries(examples)) {
          isValid(value);
          expect([name, title, isValid.errors]).toEqual([name, title, null]);
        }
      }
    }
  });

  test('has every error of every route, as a problem', () => {
    const problems = operations.map(({ name, method, requestBody, parameters, responses }) => {
      const expected = ['500'];
      if (method !== 'GET') expected.push('400', '413');
      if (requestBody || parameters.length > 0) expected.push('400');
      return [name, expected.filter((status) => !(status in responses))];
    });
    expect(problems.filter(([, missing]) => missing?.length !== 0)).toEqual([]);
    const errors = operations.flatMap(({ name, responses }) =>
      Object.entries(responses)
        .filter(([status]) => Number(status) >= 400)
        .map(([status, { content }]) => [name, status, content]),
    );
    expect(errors.length).toBeGreaterThan(operations.length);
    for (const [name, status, content] of errors) {
      expect([name, status, content]).toEqual([
        name,
        status,
        {
          'application/problem+json': expect.objectContaining({
            schema: { $ref: '#/components/schemas/Problem' },
          }),
        },
      ]);
    }
  });

  test('has an answer of every route, and a form of every answer', () => {
    const statuses = failing(({ responses }) =>
      Object.keys(responses).some((status) => /^20\d$/.test(status)),
    );
    expect(statuses).toEqual([]);
    const forms = failing(({ responses }) =>
      Object.entries(responses).every(
        ([status, { content }]) => (status === '204') === (content === undefined),
      ),
    );
    expect(forms).toEqual([]);
  });
});
