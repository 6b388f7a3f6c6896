import Tracing

/// The program's tracer, if it has one.
enum ActiveTracer {
    /// nil where there is none. To ask takes a lock and dynamic casts, a third of what a transaction without statements
    /// takes: so a database asks once whether there is any, and only then each time which it is in this task.
    static var current: (any Tracer)? {
        let tracer = InstrumentationSystem.tracer
        return tracer is NoOpTracer ? nil : tracer
    }
}
