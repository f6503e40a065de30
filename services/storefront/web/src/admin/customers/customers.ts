/** Reads and commands of customers. */
import { api, body, type Schemas } from '@/api/client';
import { ProblemError } from '@/api/problem';

export type Customer = Schemas['Customer'];
export type Summary = Schemas['CustomerSummary'];

export const CUSTOMERS = 'admin-customers';

export const summaryQuery = (id: string) => ({
  queryKey: [CUSTOMERS, 'summary', id],
  queryFn: () => body(api.GET('/customers/{id}/summary', { params: { path: { id } } })),
});

/** Erases a person. Who is erased already looks as if they never were, so that is as good. */
export async function erase(id: string): Promise<void> {
  try {
    await api.DELETE('/customers/{id}', { params: { path: { id } } });
  } catch (error) {
    if (!(error instanceof ProblemError && error.status === 404)) throw error;
  }
}
