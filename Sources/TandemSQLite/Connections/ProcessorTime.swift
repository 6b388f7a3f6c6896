#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// What a thread has used of the processor: unlike a clock it stands still while the thread does.
public enum ProcessorTime {
    /// That of the calling thread, in nanoseconds. Asking takes a system call.
    public static var ofThread: UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec)
    }
}
