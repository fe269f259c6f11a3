export function App() {
  return <main>Cancel Requests</main>;
}
