/** The first stop of the tabulator key: past the header. The part of the address after `#` is left alone. */
export function SkipLink() {
  const skip = (event: Event) => {
    event.preventDefault();
    document.getElementById('main')?.focus();
  };
  return (
    <a class="skip-link" href="#main" onClick={skip}>
      Skip to the content
    </a>
  );
}
