"""What crosses a service boundary: events, the topic map, schemas."""
