# Two images from one file: build with --target controller or --target sidecar.
ARG BASE_BUILD=docker.io/library/maven:3.9-eclipse-temurin-25
ARG BASE_RUNTIME=docker.io/library/debian:bookworm-slim

FROM ${BASE_BUILD} AS build
WORKDIR /src
COPY . .
RUN --mount=type=cache,target=/root/.m2 \
    ./mvnw -B -q -ntp package -DskipTests -pl controller,sidecar/daemon -am -Dquarkus.package.jar.type=aot-jar
# What jdeps cannot see: jdk.crypto.ec for TLS, jdk.unsupported for Netty, jdk.management for JVM metrics.
RUN set -eu; \
    runtime() { \
      jlink --add-modules "$(jdeps --print-module-deps --ignore-missing-deps --multi-release 25 --class-path "$2" "$3"),jdk.crypto.ec,jdk.unsupported,jdk.management" \
        --strip-java-debug-attributes --no-header-files --no-man-pages --compress zip-9 --generate-cds-archive --output "/out/$1/jre"; \
    }; \
    mkdir -p /out/sidecar/app /out/controller/app; \
    cp -r sidecar/daemon/target/lib /out/sidecar/app/lib; \
    cp sidecar/daemon/target/podseal-sidecar-*-SNAPSHOT.jar /out/sidecar/app/podseal-sidecar.jar; \
    cp -r controller/target/quarkus-app/. /out/controller/app/; \
    runtime sidecar '/out/sidecar/app/lib/*' /out/sidecar/app/podseal-sidecar.jar; \
    runtime controller '/out/controller/app/lib/main/*:/out/controller/app/lib/boot/*' /out/controller/app/app/podseal-controller-*.jar

# The AOT cache is trained where it is used: it holds for this runtime, these jars and these flags only.
FROM ${BASE_RUNTIME} AS controller
COPY --from=build /out/controller /opt/podseal
ENV PATH=/opt/podseal/jre/bin:$PATH JAVA_TOOL_OPTIONS="-XX:+UseSerialGC -XX:-UsePerfData"
WORKDIR /opt/podseal/app
RUN java -XX:AOTCacheOutput=/opt/podseal/controller.aot -Dquarkus.appcds.generate=true -jar quarkus-run.jar
USER 65532:65532
EXPOSE 9443 8080
ENTRYPOINT ["java", "-XX:AOTCache=/opt/podseal/controller.aot", "-jar", "quarkus-run.jar"]

FROM ${BASE_RUNTIME} AS sidecar
RUN apt-get update && apt-get install -y --no-install-recommends nftables && rm -rf /var/lib/apt/lists/*
COPY --from=build /out/sidecar /opt/podseal
ENV PATH=/opt/podseal/jre/bin:$PATH \
    JAVA_TOOL_OPTIONS="-XX:+UseSerialGC -Xmx64m -Xss256k -XX:-UsePerfData --enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow"
WORKDIR /opt/podseal/app
RUN java -XX:AOTCacheOutput=/opt/podseal/sidecar.aot -cp 'podseal-sidecar.jar:lib/*' io.podseal.sidecar.Main --train
ENTRYPOINT ["java", "-XX:AOTCache=/opt/podseal/sidecar.aot", "-cp", "podseal-sidecar.jar:lib/*", "io.podseal.sidecar.Main"]
