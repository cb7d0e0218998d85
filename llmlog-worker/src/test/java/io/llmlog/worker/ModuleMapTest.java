package io.llmlog.worker;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.fields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.methods;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaMethod;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;

/** The map of modules and packages, held to. */
@AnalyzeClasses(
    packages = "io.llmlog",
    importOptions = {ImportOption.DoNotIncludeTests.class, ModuleMapTest.NoTestKit.class})
final class ModuleMapTest {
  private static final String[] API = {
    "io.llmlog",
    "io.llmlog.config..",
    "io.llmlog.delivery..",
    "io.llmlog.event..",
    "io.llmlog.metrics..",
    "io.llmlog.retry..",
    "io.llmlog.spi..",
    "io.llmlog.spool.."
  };

  /** The test kit is on the class path of this test, but no part of what runs in production. */
  static final class NoTestKit implements ImportOption {
    @Override
    public boolean includes(com.tngtech.archunit.core.importer.Location location) {
      return !location.contains("/testkit/");
    }
  }

  @ArchTest
  static final ArchRule packagesHaveNoCycles =
      slices().matching("io.llmlog.(**)").should().beFreeOfCycles();

  @ArchTest
  static final ArchRule theApiKnowsNoOtherModule =
      noClasses()
          .that()
          .resideInAnyPackage(API)
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("io.llmlog.redis..", "io.llmlog.jdbc..", "io.llmlog.worker..");

  @ArchTest
  static final ArchRule queueAndStoreKnowEachOtherNot =
      noClasses()
          .that()
          .resideInAPackage("io.llmlog.redis..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("io.llmlog.jdbc..", "io.llmlog.worker..", "io.llmlog.delivery..");

  @ArchTest
  static final ArchRule theStoreKnowsNeitherQueueNorWorker =
      noClasses()
          .that()
          .resideInAPackage("io.llmlog.jdbc..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("io.llmlog.redis..", "io.llmlog.worker..", "io.llmlog.delivery..");

  @ArchTest
  static final ArchRule theWorkerKnowsNoParticularQueue =
      noClasses()
          .that()
          .resideInAPackage("io.llmlog.worker..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("io.llmlog.redis..");

  @ArchTest
  static final ArchRule eventsKnowNothingOfTheirRoad =
      noClasses()
          .that()
          .resideInAnyPackage("io.llmlog.event..", "io.llmlog.spi..", "io.llmlog.retry..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("io.llmlog", "io.llmlog.delivery..", "io.llmlog.config..");

  @ArchTest
  static final ArchRule deliveryKnowsNotTheFacade =
      noClasses()
          .that()
          .resideInAPackage("io.llmlog.delivery..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("io.llmlog");

  @ArchTest
  static final ArchRule theWorkerKnowsNotTheCommandLine =
      noClasses()
          .that()
          .resideInAPackage("io.llmlog.worker")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("io.llmlog.worker.cli..");

  @ArchTest
  static final ArchRule onlyTheRedisModuleImportsItsClient =
      noClasses()
          .that()
          .resideOutsideOfPackage("io.llmlog.redis..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("io.lettuce..", "io.netty..");

  @ArchTest
  static final ArchRule onlyTheJdbcModuleSpeaksSql =
      noClasses()
          .that()
          .resideOutsideOfPackage("io.llmlog.jdbc..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("java.sql..", "org.postgresql..", "com.zaxxer..");

  @ArchTest
  static final ArchRule onlyEventsAndTheDashboardKnowJackson =
      noClasses()
          .that()
          .resideOutsideOfPackages("io.llmlog.event..", "io.llmlog.worker.dashboard..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("com.fasterxml..");

  @ArchTest
  static final ArchRule jacksonIsNoPartOfThePublicApi =
      methods()
          .that()
          .arePublic()
          .and()
          .areDeclaredInClassesThat()
          .arePublic()
          .should(notNameJackson());

  @ArchTest
  static final ArchRule jacksonIsNoPublicField =
      fields()
          .that()
          .arePublic()
          .and()
          .areDeclaredInClassesThat()
          .arePublic()
          .should()
          .notHaveRawType(JavaClass.Predicates.resideInAPackage("com.fasterxml.."));

  @ArchTest
  static final ArchRule onlyTheCommandLineKnowsPicocli =
      noClasses()
          .that()
          .resideOutsideOfPackage("io.llmlog.worker.cli..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("picocli..");

  /** A service may be without it. */
  @ArchTest
  static final ArchRule onlyMetricsKnowMicrometer =
      noClasses()
          .that()
          .resideOutsideOfPackages(
              "io.llmlog.metrics..",
              "io.llmlog.worker.metrics..",
              "io.llmlog.worker.admin..",
              "io.llmlog.worker.cli..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("io.micrometer..", "io.prometheus..");

  @ArchTest
  static final ArchRule theApiLoadsItsMetricsNever =
      noClasses()
          .that()
          .resideInAnyPackage(API)
          .and()
          .resideOutsideOfPackage("io.llmlog.metrics..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("io.llmlog.metrics..");

  @ArchTest
  static final ArchRule onlyTheWorkersPagesKnowJavalin =
      noClasses()
          .that()
          .resideOutsideOfPackages("io.llmlog.worker.admin..", "io.llmlog.worker.dashboard..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("io.javalin..");

  /** What Javalin is made of, where it does not hide it. */
  @ArchTest
  static final ArchRule onlyTheAdminServerKnowsJetty =
      noClasses()
          .that()
          .resideOutsideOfPackage("io.llmlog.worker.admin..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("org.eclipse.jetty..", "jakarta..", "kotlin..");

  /**
   * Others ask the watch, or answer questions that somebody put: none of them waits for servers.
   */
  @ArchTest
  static final ArchRule theWatchKnowsNoneOfThoseWhoAskIt =
      noClasses()
          .that()
          .resideInAPackage("io.llmlog.worker.watch..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "io.llmlog.worker.admin..",
              "io.llmlog.worker.alert..",
              "io.llmlog.worker.dashboard..",
              "io.llmlog.worker.metrics..");

  /** It must not reach a service. */
  @ArchTest
  static final ArchRule onlyTheWorkersUsageAndLoginsAreCached =
      noClasses()
          .that()
          .resideOutsideOfPackages("io.llmlog.worker.usage..", "io.llmlog.worker.admin..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("com.github.benmanes..");

  @ArchTest
  static final ArchRule onlyTheProgramItselfNamesTheStandardStreams =
      noClasses()
          .that()
          .resideOutsideOfPackage("io.llmlog.worker.cli..")
          .should()
          .accessField(System.class, "out")
          .orShould()
          .accessField(System.class, "err");

  @ArchTest
  static final ArchRule logsGoThroughSlf4j =
      classes()
          .that()
          // javax.sql.DataSource has a method that names the class; it throws.
          .doNotHaveFullyQualifiedName("io.llmlog.jdbc.PostgresDataSource")
          .should()
          .onlyDependOnClassesThat()
          .resideOutsideOfPackage("java.util.logging..");

  private static ArchCondition<JavaMethod> notNameJackson() {
    return new ArchCondition<>("not name Jackson in its signature") {
      @Override
      public void check(JavaMethod method, ConditionEvents events) {
        boolean names =
            isJackson(method.getRawReturnType())
                || method.getRawParameterTypes().stream().anyMatch(type -> isJackson(type))
                || method.getExceptionTypes().stream()
                    .anyMatch(type -> isJackson(type.toErasure()));
        events.add(new SimpleConditionEvent(method, !names, method.getFullName()));
      }
    };
  }

  private static boolean isJackson(JavaClass type) {
    return type.getPackageName().startsWith("com.fasterxml");
  }
}
