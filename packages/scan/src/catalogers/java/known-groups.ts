/**
 * Maven groups of artifacts that are built without Maven, so that their jars hold no pom, and are in wide use. Each was
 * read from the artifact's own address in the central repository.
 */

/** By whole artifact name, or by what the name begins with. The first that fits counts. */
const GROUPS: readonly (readonly [group: string, artifact: RegExp])[] = [
  ['org.springframework.boot', /^spring-boot(?:-|$)/],
  ['org.springframework.security', /^spring-security-/],
  ['org.springframework.data', /^spring-data-/],
  ['org.springframework.cloud', /^spring-cloud-/],
  ['org.springframework.integration', /^spring-integration-/],
  ['org.springframework.session', /^spring-session-/],
  ['org.springframework.batch', /^spring-batch-/],
  ['org.springframework.kafka', /^spring-kafka(?:-test)?$/],
  ['org.springframework.amqp', /^spring-(?:amqp|rabbit)(?:-|$)/],
  ['org.springframework.ws', /^spring-(?:ws-.*|xml)$/],
  ['org.springframework.graphql', /^spring-graphql(?:-test)?$/],
  ['org.springframework.hateoas', /^spring-hateoas$/],
  [
    'org.springframework',
    /^spring-(?:aop|aspects|beans|context|context-indexer|context-support|core|core-test|expression|instrument|jcl|jdbc|jms|messaging|orm|oxm|r2dbc|test|tx|web|webflux|webmvc|webmvc-portlet|websocket)$/,
  ],
  ['org.apache.tomcat.embed', /^tomcat-embed-/],
  ['org.apache.tomcat', /^tomcat-/],
  ['org.jetbrains.kotlin', /^kotlin-/],
  ['org.jetbrains.kotlinx', /^kotlinx-/],
  ['com.squareup.okhttp3', /^(?:okhttp|okhttp-.+|logging-interceptor|mockwebserver3?)$/],
  ['com.squareup.okio', /^okio(?:-|$)/],
  ['com.squareup.retrofit2', /^(?:retrofit|adapter-rxjava[23]?|converter-(?:gson|jackson|moshi|scalars))$/],
  ['io.projectreactor.netty', /^reactor-netty(?:-|$)/],
  ['io.projectreactor', /^reactor-(?:core|test|tools)$/],
  ['io.micrometer', /^micrometer-/],
  ['io.grpc', /^grpc-/],
  [
    'org.hibernate.orm',
    /^hibernate-(?:agroal|c3p0|community-dialects|envers|hikaricp|jcache|micrometer|spatial|testing)$/,
  ],
  [
    'org.apache.kafka',
    /^kafka-(?:clients|streams|raft|metadata|server-common|storage|tools|log4j-appender|shell)$|^kafka_2\.1[0-9]$|^connect-(?:api|runtime|json|transforms|mirror|file|basic-auth-extension)$/,
  ],
  ['org.apache.lucene', /^lucene-/],
  ['org.apache.solr', /^solr-/],
  ['org.checkerframework', /^checker(?:-qual|-compat-qual|-util)?$/],
  ['org.lz4', /^lz4-java$/],
  ['io.perfmark', /^perfmark-/],
  ['com.github.luben', /^zstd-jni$/],
  ['org.xerial.snappy', /^snappy-java$/],
  ['org.hibernate.common', /^hibernate-(?:commons-annotations|models)$/],
  ['org.elasticsearch', /^elasticsearch(?:-|$)/],
  ['org.opensearch', /^opensearch(?:-|$)/],
  ['org.bouncycastle', /^bc(?:prov|pkix|util|pg|mail|tls|jmail)-(?:ext-)?(?:debug-)?jdk/],
  ['org.postgresql', /^postgresql$/],
  ['com.mysql', /^mysql-connector-j$/],
  ['mysql', /^mysql-connector-java$/],
  ['com.h2database', /^h2$/],
  ['org.hsqldb', /^hsqldb$/],
  ['org.ow2.asm', /^asm(?:-(?:analysis|commons|tree|util|test))?$/],
  ['org.aspectj', /^aspectj(?:rt|tools|weaver)$/],
  ['org.junit.jupiter', /^junit-jupiter/],
  ['org.junit.platform', /^junit-platform-/],
  ['org.junit.vintage', /^junit-vintage-/],
  ['org.mockito', /^mockito-/],
  ['com.zaxxer', /^HikariCP/],
  ['net.bytebuddy', /^byte-buddy/],
  ['io.opentelemetry', /^opentelemetry-(?:api|sdk|context|exporter|extension)/],
  ['aopalliance', /^aopalliance$/],
  ['javax.inject', /^javax\.inject$/],
  ['org.apiguardian', /^apiguardian-api$/],
  ['org.jspecify', /^jspecify$/],
  ['org.opentest4j', /^opentest4j$/],
  ['org.reactivestreams', /^reactive-streams(?:-|$)/],
  ['io.reactivex.rxjava3', /^rxjava$/],
  ['commons-collections', /^commons-collections$/],
  ['commons-logging', /^commons-logging$/],
  ['commons-fileupload', /^commons-fileupload$/],
  ['commons-beanutils', /^commons-beanutils$/],
  ['org.gradle', /^gradle-(?:api|core|wrapper|tooling-api)$/],
];

/** Jars of Tomcat's own `lib` and `bin`, which carry other names than the same jars in Maven's repository. */
const TOMCAT: Readonly<Record<string, string>> = {
  'annotations-api': 'tomcat-annotations-api',
  bootstrap: 'tomcat',
  catalina: 'tomcat-catalina',
  'catalina-ant': 'tomcat-catalina-ant',
  'catalina-ha': 'tomcat-catalina-ha',
  'catalina-ssi': 'tomcat-ssi',
  'catalina-storeconfig': 'tomcat-storeconfig',
  'catalina-tribes': 'tomcat-tribes',
  'el-api': 'tomcat-el-api',
  jasper: 'tomcat-jasper',
  'jasper-el': 'tomcat-jasper-el',
  'jaspic-api': 'tomcat-jaspic-api',
  'jsp-api': 'tomcat-jsp-api',
  'servlet-api': 'tomcat-servlet-api',
  'tomcat-juli': 'tomcat-juli',
  'websocket-api': 'tomcat-websocket-api',
};

/** Groups that projects moved to with a major version. */
const MOVED: readonly { artifact: RegExp; since: number; group: string; before: string }[] = [
  { artifact: /^groovy(?:-|$)/, since: 4, group: 'org.apache.groovy', before: 'org.codehaus.groovy' },
  { artifact: /^hibernate-core$/, since: 6, group: 'org.hibernate.orm', before: 'org.hibernate' },
];

/** @returns null for an artifact of no group that is known */
export function knownGroup(artifact: string, version: string): string | null {
  const moved = MOVED.find((each) => each.artifact.test(artifact));
  if (moved) return Number.parseInt(version, 10) >= moved.since ? moved.group : moved.before;
  return GROUPS.find(([, pattern]) => pattern.test(artifact))?.[0] ?? null;
}

/** The name in Maven's repository of a jar that Tomcat ships; null for any other. */
export function tomcatArtifact(name: string, title: string | undefined): string | null {
  return title === 'Apache Tomcat' ? (TOMCAT[name] ?? null) : null;
}
