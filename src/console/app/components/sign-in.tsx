import { useId } from 'react';
import { sessionKey } from '../api/session-key.ts';

/** Asks for the key that the server wants; it stays in this tab. */
export function SignIn({ reason }: { reason: string }) {
  const id = useId();
  return (
    <form
      className="error"
      onSubmit={(event) => {
        event.preventDefault();
        sessionKey.set(String(new FormData(event.currentTarget).get('key')).trim());
        location.reload();
      }}
    >
      <p role="alert">{reason}</p>
      <label htmlFor={id}>
        Key, from <code>fts keys create NAME --scopes read</code>
      </label>
      <div className="row">
        <input id={id} name="key" type="password" autoComplete="current-password" required />
        <button type="submit">Use this key</button>
      </div>
    </form>
  );
}
