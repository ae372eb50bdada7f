import { Component, type ReactNode } from 'react';

/** Where the page cannot be drawn, says so instead of going blank. */
export class Boundary extends Component<{ readonly children: ReactNode }, { readonly error: string | null }> {
  override state = { error: null };

  static getDerivedStateFromError(error: unknown): { readonly error: string } {
    return { error: error instanceof Error ? error.message : String(error) };
  }

  override render(): ReactNode {
    if (this.state.error === null) return this.props.children;
    return (
      <main className="page">
        <h1>This page could not be drawn</h1>
        <p className="notice" role="alert">
          Something in the answer was not understood: {this.state.error}. Load the page again; the command line shows
          the same release.
        </p>
      </main>
    );
  }
}
