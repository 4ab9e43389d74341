import { Component, type ComponentChildren } from 'preact';

interface Props {
  readonly name: string;
  readonly children?: ComponentChildren;
}

interface State {
  readonly failure: string | undefined;
}

/** Keeps a failure while drawing to the part in which it happened. */
export class Guard extends Component<Props, State> {
  override state: State = { failure: undefined };

  override componentDidCatch(thrown: unknown): void {
    this.setState({ failure: thrown instanceof Error ? thrown.message : 'something that is no error' });
  }

  render() {
    const { failure } = this.state;
    if (failure === undefined) return this.props.children;
    return (
      <p class="empty" role="alert">
        This part of the page failed: {failure}.{' '}
        <button type="button" class="button" onClick={() => this.setState({ failure: undefined })}>
          Try again<span class="hidden"> to show {this.props.name}</span>
        </button>
      </p>
    );
  }
}
