package io.llmlog.jdbc.usage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class StatementTextTest {
  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '`',
      delimiterString = "=>",
      textBlock =
          """
          SELECT 1                                  => SELECT ?
          SELECT a1, $1 FROM t2 WHERE x=-1.5e3      => SELECT a1, $1 FROM t2 WHERE x=-?
          SELECT 'it''s', 'x'                       => SELECT ??, ?
          SELECT E'it\\'s' || 'secret'              => SELECT E? || ?
          SELECT '\\', 'secret'                     => SELECT ?, ?
          SELECT "a'b", 'secret'                    => SELECT "a'b", ?
          SELECT $$secret$$, $x$ $$secret$$ $x$     => SELECT ?, ?
          SELECT a$b$c FROM t                       => SELECT a$b$c FROM t
          SELECT 1 -- secret                        => SELECT ?
          SELECT /* a /* secret */ b */ 1           => SELECT ?
          ALTER ROLE r PASSWORD 'secret             => ALTER ROLE r PASSWORD ?
          SELECT U&'secret', B'0101', tname'x'      => SELECT U&?, B?, tname?
          """)
  void literals_areLeftOut(String sql, String shown) {
    assertEquals(shown, StatementText.shown(sql));
  }

  @Test
  void whiteSpaceAndControls_areOneSpace_andTheEndIsCut() {
    assertEquals("SELECT a FROM b", StatementText.shown(" SELECT\ta\r\n  FROM\u0000b\u202e"));
    String shown = StatementText.shown("SELECT " + "a".repeat(5000));
    assertEquals(201, shown.length());
    assertEquals("", StatementText.shown(""));
  }

  /** The server cuts a statement at 1024 bytes, wherever that is. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "SELECT E'a\\'secret' || U&'secret' || $q$secret$q$ -- secret",
        "SELECT 'secret', $$secret$$, E'\\\\', 'secret', /* secret */ 4711"
      })
  void whereverAStatementIsCut_nothingOfItsLiteralsShows(String sql) {
    for (int length = 0; length <= sql.length(); length++) {
      String shown = StatementText.shown(sql.substring(0, length));
      assertFalse(shown.contains("sec"), shown);
      assertFalse(shown.contains("47"), shown);
    }
  }
}
