import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';

import type { FastifyError, FastifySchemaValidationError } from 'fastify';

import { AppError, type ErrorCode, errorTable, isAppError, type Problem } from '../kernel/errors.ts';

/** An error as HTTP answers it: RFC 9457 Problem Details with a stable code. */
export interface ProblemDetails {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: ErrorCode;
  readonly detail: string;
  readonly problems?: readonly Problem[];
  readonly retryAfterMs?: number;
}

/** The Problem Details of an error with a code. */
export function problemOf(error: AppError): ProblemDetails {
  const { http, message } = errorTable[error.code];
  return {
    type: `urn:ihuman:error:${error.code}`,
    title: message,
    status: http,
    code: error.code,
    detail: error.message,
    ...(error.problems.length > 0 && { problems: error.problems }),
    ...(error.retryAfterMs !== null && { retryAfterMs: Math.ceil(error.retryAfterMs) }),
  };
}

/**
 * Answers what is not even a request: Node could not read it, or nobody finished sending it. The connection cannot be used any
 * more.
 */
export function refuseConnection(error: Error, socket: Duplex): void {
  const reason = 'code' in error ? String(error.code) : '';
  if (reason === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const code = connectionErrors[reason] ?? 'MALFORMED_REQUEST';
  const body = JSON.stringify(problemOf(new AppError(code)));
  const { http } = errorTable[code];
  const head = `HTTP/1.1 ${String(http)} ${STATUS_CODES[http] ?? ''}\r\nconnection: close\r\ncontent-type: application/problem+json`;
  socket.end(`${head}\r\ncontent-length: ${String(Buffer.byteLength(body))}\r\n\r\n${body}`);
}

const connectionErrors: Readonly<Record<string, ErrorCode>> = {
  HPE_HEADER_OVERFLOW: 'HEADERS_TOO_LARGE',
  ERR_HTTP_REQUEST_TIMEOUT: 'REQUEST_TIMEOUT',
};

const codeByFastify: Readonly<Record<string, ErrorCode>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'BODY_TOO_LARGE',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'UNSUPPORTED_MEDIA_TYPE',
  FST_ERR_CTP_INVALID_JSON_BODY: 'MALFORMED_JSON',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'MALFORMED_JSON',
  FST_ERR_NOT_FOUND: 'NOT_FOUND',
};

/** Any error that reached the edge, as one with a code; what is not the caller's fault becomes INTERNAL. */
export function toAppError(error: FastifyError | Error): AppError {
  if (isAppError(error)) return error;
  if ('validation' in error && error.validation !== undefined) return invalid(error);
  const code = 'code' in error ? codeByFastify[String(error.code)] : undefined;
  if (code !== undefined) return new AppError(code, { cause: error });
  const status = 'statusCode' in error ? error.statusCode : undefined;
  if (status === 429) return new AppError('RATE_LIMITED', { cause: error });
  if (error instanceof SyntaxError && status === 400) return new AppError('MALFORMED_JSON', { cause: error });
  if (status !== undefined && status >= 400 && status < 500) {
    return new AppError('VALIDATION_FAILED', { message: error.message, cause: error });
  }
  return new AppError('INTERNAL', { cause: error });
}

function invalid(error: FastifyError): AppError {
  const where = error.validationContext ?? 'request';
  const problems = problemsIn(error.validation ?? []).map(({ path, message }) => ({
    path: path || `/${where}`,
    message,
  }));
  const [first] = problems;
  const detail = first === undefined ? error.message : `${first.path} ${first.message}`;
  return new AppError('VALIDATION_FAILED', { problems, message: detail, cause: error });
}

/**
 * What is wrong with each place of a value, and what would be right. A checker tells every step by which it came to its
 * conclusion; of these only the ones stay that help: of alternatives the values that there are, and none that is just "nothing".
 */
function problemsIn(found: readonly FastifySchemaValidationError[]): Problem[] {
  const places = Map.groupBy(
    found.filter(({ keyword }) => keyword !== 'boolean' && keyword !== 'anyOf'),
    ({ instancePath }) => instancePath,
  );
  // That nothing would do as well is no help where something was sent.
  const isOnlyNull = (errors: readonly FastifySchemaValidationError[]): boolean =>
    errors.every(({ params }) => params.type === 'null');
  const helpful = [...places].filter(([, errors]) => !isOnlyNull(errors));
  return (helpful.length > 0 ? helpful : [...places]).flatMap(([path, errors]) => {
    const values = errors.flatMap(
      ({ params }) => params.allowedValues ?? ('allowedValue' in params ? [params.allowedValue] : []),
    );
    if (values.length > 0) return [{ path, message: `must be one of ${values.map(String).join(', ')}` }];
    const telling = errors.filter(({ params }) => params.type !== 'null');
    return (telling.length > 0 ? telling : errors).map(({ message, params }) => {
      const unknown = params.additionalProperties;
      return {
        path,
        message: Array.isArray(unknown)
          ? `has unknown fields: ${unknown.join(', ')}`
          : singular(message ?? 'is not valid'),
      };
    });
  });
}

/** The checker counts in plurals only: `fewer than 1 characters`. */
function singular(message: string): string {
  return message.replace(
    /\b1 (character|item|propert)(?:s|ies)$/,
    (_, word) => `1 ${word === 'propert' ? 'property' : String(word)}`,
  );
}
