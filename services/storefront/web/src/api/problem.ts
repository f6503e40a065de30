import type { components } from './schema';

export type Problem = components['schemas']['Problem'];

/** What the API refused, or could not do. Switch on `slug`, never on texts. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError';
  /** The last part of `type`: `prices-changed`, say. */
  readonly slug: string;
  /** Seconds to wait before the same request may be sent again; where the API said so. */
  readonly retryAfter: number | undefined;

  constructor(
    readonly status: number,
    /** The whole document: some kinds carry more than the common fields. */
    readonly problem: Problem & Record<string, unknown>,
    retryAfter?: number,
  ) {
    super(problem.detail ?? problem.title);
    this.slug = problem.type.split('/').pop() ?? '';
    this.retryAfter = retryAfter;
  }
}

/** The request got no answer: no network, or the street is away. */
export class Unreachable extends Error {
  override readonly name = 'Unreachable';
}

/** Reads the answer's problem document; makes one up where a proxy answered instead of the street. */
export async function problemOf(answer: Response): Promise<ProblemError> {
  const wait = Number(answer.headers.get('retry-after'));
  const retryAfter = Number.isFinite(wait) && wait > 0 ? wait : undefined;
  const told: unknown = await answer.json().catch(() => undefined);
  const isProblem = typeof told === 'object' && told !== null && 'type' in told && 'title' in told;
  const problem = isProblem
    ? (told as Problem & Record<string, unknown>)
    : { type: 'about:blank', title: answer.statusText || 'Error', status: answer.status };
  return new ProblemError(answer.status, problem, retryAfter);
}

/** Whether the same request may do better in a moment. */
export function isPassing(error: unknown): boolean {
  return error instanceof Unreachable || (error instanceof ProblemError && (error.status === 429 || error.status >= 500));
}
