// Asks the worker. Every failure is an ApiError with a sentence that can be shown.
import { current, query } from './state.js';

const TIMEOUT_MS = 30_000;

let csrf = '';

export class ApiError extends Error {
  /** @param status of the answer, or 0 where there was none */
  constructor(message, status) {
    super(message);
    this.status = status;
  }
}

/** Who is logged in, and the token that actions want. Goes to the login where one is needed. */
export async function session() {
  const known = await call('/api/session', {});
  if (known.login_required && !known.logged_in) {
    toLogin();
  }
  csrf = known.csrf ?? '';
  return known;
}

export function toLogin() {
  const state = query(current());
  location.assign(`/login.html${state ? `?${new URLSearchParams({ state })}` : ''}`);
}

/** The address of a question; lists become repeated parameters, and what is empty is left out. */
export function address(path, parameters) {
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(parameters ?? {})) {
    if (Array.isArray(value)) {
      value.forEach((each) => search.append(key, each));
    } else if (value !== null && value !== undefined && value !== '') {
      search.set(key, value);
    }
  }
  const text = search.toString();
  return text ? `${path}?${text}` : path;
}

export function get(path, parameters, signal) {
  return call(address(path, parameters), { signal });
}

export async function post(path, body) {
  const options = () => ({
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'X-CSRF-Token': csrf },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  try {
    return await call(path, options());
  } catch (error) {
    if (error.status !== 403) {
      throw error;
    }
    // The worker was started again since this page was loaded: its token is another one.
    await session();
    return call(path, options());
  }
}

async function call(path, options) {
  let answer;
  let text;
  const late = AbortSignal.timeout(TIMEOUT_MS);
  const signal = options.signal ? AbortSignal.any([options.signal, late]) : late;
  try {
    answer = await fetch(path, { ...options, signal });
    text = await answer.text();
  } catch (error) {
    if (options.signal?.aborted) {
      throw error;
    }
    throw new ApiError(late.aborted ? 'The worker took too long to answer.' : 'The worker does not answer.', 0);
  }
  if (answer.status === 401) {
    toLogin();
    throw new ApiError('The login has ended.', 401);
  }
  if (!answer.ok) {
    throw new ApiError(sentence(text) ?? `The worker answered ${answer.status}.`, answer.status);
  }
  if (text === '') {
    return null;
  }
  try {
    return JSON.parse(text, exact);
  } catch {
    throw new ApiError('The answer is no JSON: is something between this page and the worker?', answer.status);
  }
}

function sentence(text) {
  try {
    return JSON.parse(text).error ?? null;
  } catch {
    return null;
  }
}

/** Ids and counts have up to 19 digits, of which a number would keep 16. */
function exact(key, value, context) {
  if (typeof value === 'number' && context?.source && !Number.isSafeInteger(value) && /^-?\d+$/.test(context.source)) {
    return BigInt(context.source);
  }
  return value;
}
