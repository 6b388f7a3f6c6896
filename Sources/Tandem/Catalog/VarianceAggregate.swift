import GRDB

/// What is made of the mean square of differences from the mean.
protocol Deviation: Sendable {
    /// Whether the values are a sample of others: the sum is divided by one less than their number.
    static var isOfSample: Bool { get }
    /// Whether its square root is told.
    static var isStandard: Bool { get }
}

/// `var_samp`, `var_pop`, `stddev_samp` and `stddev_pop`, which SQLite has not. The mean goes along with the values
/// (Welford's method), so that large ones lose nothing by being squared.
struct VarianceAggregate<Kind: Deviation>: DatabaseAggregate {
    private var count = 0.0
    private var mean = 0.0
    private var squares = 0.0

    init() {}

    mutating func step(_ values: [DatabaseValue]) throws {
        guard let value = Double.fromDatabaseValue(values[0]) ?? values[0].asText.flatMap({ Double($0) }) else {
            return
        }
        count += 1
        let difference = value - mean
        mean += difference / count
        squares += difference * (value - mean)
    }

    func finalize() throws -> (any DatabaseValueConvertible)? {
        let divisor = Kind.isOfSample ? count - 1 : count
        guard divisor > 0 else { return nil }
        return Kind.isStandard ? (squares / divisor).squareRoot() : squares / divisor
    }
}

enum VarianceFunctions {
    static let all = [
        DatabaseFunction(
            "tandem_var_samp", argumentCount: 1, pure: true, aggregate: VarianceAggregate<SampleVariance>.self),
        DatabaseFunction("tandem_var_pop", argumentCount: 1, pure: true, aggregate: VarianceAggregate<Variance>.self),
        DatabaseFunction(
            "tandem_stddev_samp", argumentCount: 1, pure: true, aggregate: VarianceAggregate<SampleDeviation>.self),
        DatabaseFunction(
            "tandem_stddev_pop", argumentCount: 1, pure: true, aggregate: VarianceAggregate<StandardDeviation>.self),
    ]

    private enum SampleVariance: Deviation {
        static let isOfSample = true
        static let isStandard = false
    }

    private enum Variance: Deviation {
        static let isOfSample = false
        static let isStandard = false
    }

    private enum SampleDeviation: Deviation {
        static let isOfSample = true
        static let isStandard = true
    }

    private enum StandardDeviation: Deviation {
        static let isOfSample = false
        static let isStandard = true
    }
}
