import { ApiError } from '../api/client.ts';
import { SignIn } from './sign-in.tsx';
import { Words } from './words.tsx';

/** What went wrong and what to do about it; where a key is missing, the place to give one. */
export function ErrorNote({ error }: { error: Error | undefined }) {
  if (error === undefined) return null;
  if (error instanceof ApiError && error.status === 401) return <SignIn reason={error.message} />;
  return (
    <div className="error" role="alert">
      <p>
        <Words text={error.message} />
      </p>
      {error instanceof ApiError && error.remedy !== undefined && (
        <p className="dim">
          <Words text={error.remedy} />
        </p>
      )}
    </div>
  );
}
