import CPQ
import TandemTransactions
