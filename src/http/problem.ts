import type { FastifyError } from 'fastify';

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
  const problems = (error.validation ?? []).map(({ instancePath, message, params }) => {
    const extra = Array.isArray(params.additionalProperties) ? `: ${params.additionalProperties.join(', ')}` : '';
    return { path: instancePath === '' ? `/${where}` : instancePath, message: `${message ?? 'is not valid'}${extra}` };
  });
  const [first] = problems;
  const detail = first === undefined ? error.message : `${first.path} ${first.message}`;
  return new AppError('VALIDATION_FAILED', { problems, message: detail, cause: error });
}
