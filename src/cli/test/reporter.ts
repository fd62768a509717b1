import type { TestEvent } from 'node:test/reporters';

/** One line of what {@link reporter} writes. */
export type ReporterLine =
  | {
      readonly t: 'test';
      readonly name: string;
      readonly outcome: 'passed' | 'failed' | 'skipped';
      readonly reason: string | null;
      readonly durationMs: number;
      readonly file: string;
      readonly line: number;
    }
  | { readonly t: 'output'; readonly text: string };

/** A reporter of Node's test runner that says what became of each test, and what was printed, as a line of JSON. */
async function* reporter(source: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  for await (const event of source) {
    const line = lineOf(event);
    if (line !== null) yield `${JSON.stringify(line)}\n`;
  }
}

// The test runner takes the default export.
export { reporter as default };

function lineOf(event: TestEvent): ReporterLine | null {
  switch (event.type) {
    case 'test:stdout':
    case 'test:stderr':
      return { t: 'output', text: event.data.message };
    case 'test:pass':
      // A group says nothing that its members do not say, unless it failed by itself.
      return event.data.details.type === 'suite' ? null : testLine(event.data, null);
    case 'test:fail': {
      const { error } = event.data.details;
      return 'failureType' in error && error.failureType === 'subtestsFailed' ? null : testLine(event.data, error);
    }
    default:
      return null;
  }
}

type TestData = Extract<TestEvent, { type: 'test:pass' | 'test:fail' }>['data'];

function testLine({ name, details, file = '', line = 0, skip, todo }: TestData, error: Error | null): ReporterLine {
  const isSkipped = [skip, todo].some((mark) => mark !== undefined && mark !== false);
  const outcome = isSkipped ? 'skipped' : error === null ? 'passed' : 'failed';
  const reason = error === null ? null : reasonOf(error);
  return { t: 'test', name, outcome, reason, durationMs: Math.round(details.duration_ms), file, line };
}

/** The runner wraps what a test threw. */
function reasonOf(error: Error): string {
  const { cause } = error;
  return cause instanceof Error ? cause.message : typeof cause === 'string' ? cause : error.message;
}
