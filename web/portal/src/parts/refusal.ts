// A refusal that the page can explain better than the general message for its code.
import { ApiError } from '@haubert/ui';

/** Runs `act`; when the hub refuses with `code`, the error carries `text` for the reader instead. */
export async function refusedAs<T>(code: string, text: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (error instanceof ApiError && error.code === code) {
      throw new ApiError({ ...error.problem, code: `${code}_here`, detail: text });
    }
    throw error;
  }
}
