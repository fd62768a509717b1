import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import schema from '@asyncapi/specs/schemas/3.0.0.json' with { type: 'json' };
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');
const document = JSON.parse(readFileSync(join(root, 'docs/reference/asyncapi.json'), 'utf8')) as Document;

interface Document {
  readonly channels: Record<string, { readonly messages: Record<string, unknown> }>;
  readonly operations: Record<string, { readonly messages: readonly { readonly $ref: string }[] }>;
}

describe('the AsyncAPI document', () => {
  it('is one by the specification 3.0', () => {
    const validate = new Ajv({
      strict: false,
      meta: false,
      validateSchema: false,
      logger: false,
      validateFormats: false,
    }).compile(schema);
    expect(validate(document), JSON.stringify(validate.errors?.slice(0, 5), null, 2)).toBe(true);
  });

  it('refers to nothing that is not there', () => {
    for (const { messages } of Object.values(document.operations)) {
      expect(messages.length).toBeGreaterThan(0);
      for (const { $ref } of messages) {
        const [, , channel = '', , name = ''] = $ref.split('/');
        expect(document.channels[channel]?.messages[name], $ref).toBeDefined();
      }
    }
  });
});
