import { useId } from 'react';

/** Who signs, among the enrolled approvers. */
export function ApproverSelect({
  names,
  value,
  onChange,
}: {
  names: readonly string[];
  value: string;
  onChange: (name: string) => void;
}) {
  const id = useId();
  return (
    <>
      <label htmlFor={id}>You are</label>
      <select id={id} value={value} onChange={(event) => onChange(event.target.value)}>
        {names.map((name) => (
          <option key={name}>{name}</option>
        ))}
      </select>
    </>
  );
}
