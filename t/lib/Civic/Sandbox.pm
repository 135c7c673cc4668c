package Civic::Sandbox;

# What the plugin "sandbox" needs: keys that are made for this test, people,
# and an app that signs with openssl.
#
#     my $sandbox = Civic::Sandbox->new(Civic::Process::folder());
#     my $civic = civic(plugins => [ $sandbox->plugin ]);
#     my $answer = $sandbox->call($civic->client, $method, biz_content => ...);
#
# With the plugin "alipay" as the app, whose upstream "alipay" leads to the
# sandbox in the same nginx:
#
#     my $civic = civic($sandbox->with_alipay(plugins => ['login']));
#     my $code = $sandbox->auth_code($civic->client, 'zhang', 'auth_user');

use strict;
use warnings;

use Carp qw(croak);
use File::Copy qw(copy);
use File::Path qw(make_path);
use JSON::PP ();
use MIME::Base64 qw(decode_base64 encode_base64);
use POSIX qw(strftime);

use Civic::Outbound ();
use Civic::Process;

use constant SPARE_KEYS => Civic::Process::ROOT . '/build/test/keys';
use constant APP => '2021000000000001';
use constant CONTENT_KEY => 'QUJDREVGR0hJSktMTU5PUA==';
use constant GATEWAY => '/sandbox/alipay/gateway.do';
use constant ISSUER => 'http://card.example/sandbox/card';
use constant CARD_SECRET => 'a-secret';
use constant CALLBACK => 'http://civic.example/login/card';

my $json = JSON::PP->new->utf8->canonical;
my $spare = 0;

my @people = (
    { user => 'zhang', user_id => '2088000000000001', open_id => 'open-zhang',
      name => "\x{5f20}\x{4f1f}", id_number => '630105199003079996',
      card_password => '123456' },
    { user => 'li', user_id => '2088000000000002', open_id => 'open-li',
      name => "\x{674e}\x{6653}\x{7ea2}", id_number => '63280119850601000X',
      card_password => '654321' },
);

sub new {
    my ($class, $folder) = @_;
    my $self = bless { folder => $folder }, $class;

    $self->key($_) for qw(app gateway);
    $self->put('people.json', $json->encode(\@people));
    $self->put('register.json', $json->encode([ family() ]));
    $self->put('content.key', CONTENT_KEY . "\n");
    return $self;
}

sub people { return @people }

# Who has no phone: a girl of 5, a boy of 10, a grandmother of 67, a man of 30,
# in November 2026; each { name, id_number }.
sub family {
    my $name = __FILE__ =~ s{t/lib/.*}{plugins/sandbox/share/sandbox/register.json}r;

    open my $file, '<:raw', $name or croak "$name: $!";
    local $/;
    return @{ $json->decode(scalar <$file>) };
}

sub path {
    my ($self, $name) = @_;

    return "$self->{folder}/$name";
}

sub text {
    my ($self, $name) = @_;

    open my $file, '<:raw', $self->path($name) or croak "$name: $!";
    local $/;
    return scalar <$file>;
}

# The words of civic_plugin.
sub plugin {
    my ($self, @more) = @_;

    return _words('sandbox', 'app_id=' . APP,
        'app_public_key=' . $self->path('app.pub'),
        'gateway_private_key=' . $self->path('gateway.pem'),
        'content_key=' . $self->path('content.key'),
        'people=' . $self->path('people.json'),
        'register=' . $self->path('register.json'), 'card_issuer=' . ISSUER,
        'card_client_secret=' . CARD_SECRET,
        'card_redirect_uri=' . CALLBACK, @more);
}

# The words of civic_plugin for the app in nginx on that port; later ones
# replace earlier ones.
sub alipay {
    my ($self, $port, @more) = @_;

    return _words('alipay', 'app_id=' . APP,
        'private_key=' . $self->path('app.pem'),
        'public_key=' . $self->path('gateway.pub'),
        'content_key=' . $self->path('content.key'),
        "gateway=http://127.0.0.1:$port" . GATEWAY, @more);
}

# "name option=value ..." with the last of each option; "option=" goes.
sub _words {
    my ($name, @options) = @_;
    my (%last, @order);

    for my $option (@options) {
        my ($key, $value) = split /=/, $option, 2;

        push @order, $key if !exists $last{$key};
        $last{$key} = $value;
    }
    return join ' ', $name,
        map { "$_=$last{$_}" } grep { length $last{$_} } @order;
}

# Options of certificate mode: for the sandbox, which signs with the
# certificate of that name, and for the app, which has the gateway's first.
sub certificates {
    my ($self, $name) = @_;

    $self->_certificates if !-e $self->path('root.crt');
    my $roots = 'root_cert=' . $self->path('root.crt');
    my $app = 'app_cert=' . $self->path('app.crt');

    return ([ 'app_public_key=', $app, $roots,
        'gateway_cert=' . $self->path("$name.crt"),
        'gateway_private_key=' . $self->path("$name.pem") ],
        [ 'public_key=', $app, $roots,
            'alipay_cert=' . $self->path('gateway.crt') ]);
}

# root.crt, and app.crt, gateway.crt and next.crt that it has signed.
sub _certificates {
    my ($self) = @_;
    my $run = sub {
        system("cd '$self->{folder}' && openssl @_ > openssl.log 2>&1") == 0
            or croak "openssl @_";
    };

    $self->key($_) for qw(root next);
    $run->('req -x509 -key root.pem -days 400 -subj "/C=CN/O=Ant/CN=Root"',
        '-out root.crt');
    for my $name (qw(app gateway next)) {
        $run->("req -new -key $name.pem -subj '/C=CN/O=Ant/CN=$name'",
            "-out $name.csr");
        $run->("x509 -req -in $name.csr -CA root.crt -CAkey root.pem",
            "-CAcreateserial -days 300 -out $name.crt");
    }
    return;
}

# Arguments of civic(): the sandbox, the app, and the way between them;
# beside those given, and: sandbox => [ words ], alipay => [ words ] (options
# of either), upstreams => { name => ... } as internal() takes them;
# certificates => 'gateway' or 'next': certificate mode, and with which of its
# certificates the gateway signs; 'next' is not known to the app.
sub with_alipay {
    my ($self, %arg) = @_;
    my $port = $arg{port} || Civic::Process::port();
    my @alipay = @{ delete $arg{alipay} || [] };
    my @sandbox = ("base_url=http://127.0.0.1:$port/sandbox",
        @{ delete $arg{sandbox} || [] });
    my $mode = delete $arg{certificates};
    my ($theirs, $ours) = $mode ? $self->certificates($mode) : ([], []);
    my %upstreams = (alipay => $port, %{ delete $arg{upstreams} || {} });

    return (%arg, port => $port,
        plugins => [ @{ $arg{plugins} || [] }, $self->plugin(@$theirs, @sandbox),
            $self->alipay($port, @$ours, @alipay) ],
        http => ($arg{http} // '') . Civic::Outbound::internal(\%upstreams,
            folder => Civic::Process::folder()));
}

# What my.getAuthCode() gives a citizen's mini-program.
sub auth_code {
    my ($self, $client, $user, $scope) = @_;

    return $client->post('/sandbox/alipay/auth-codes', json => {
        user => $user, scope => $scope // 'auth_base' })->{json}{auth_code};
}

# A person decides a face check: result => 'pass' or 'fail', reason => ...
sub decide {
    my ($self, $client, $certify_id, %form) = @_;

    return $client->post("/sandbox/phone/certify/$certify_id",
        type => 'application/x-www-form-urlencoded',
        body => join '&', map { "$_=" . _encode($form{$_}) } sort keys %form);
}

# A person pays: number is a trade_no or what a QR code holds; action =>
# 'enter' or 'give_up'.  What my.tradePay() is told: { result_code, ... }.
sub pay {
    my ($self, $client, $number, $user, %more) = @_;

    return $client->post('/sandbox/alipay/payments',
        json => { number => $number, user => $user, %more })->{json};
}

# How the sandbox has a trade, with all money that moved; undef: no such.
sub trade {
    my ($self, $client, $out_trade_no) = @_;

    return $client->get("/sandbox/alipay/trades?out_trade_no=$out_trade_no")
        ->{json}{trades}[0];
}

# The next count calls of the method see this fault.
sub fault {
    my ($self, $client, $method, $fault, %more) = @_;

    return $client->post('/sandbox/alipay/faults',
        json => { method => $method, fault => $fault, %more });
}

# A file of that name.
sub put {
    my ($self, $name, $text) = @_;

    open my $file, '>:raw', $self->path($name) or croak "$name: $!";
    print {$file} $text;
    close $file or croak "$name: $!";
    return;
}

# NAME.pem and NAME.pub, for www-data to read.
sub key {
    my ($self, $name) = @_;
    my $pem = $self->path("$name.pem");

    copy(_spare_key(), $pem) or croak "$pem: $!";
    system('openssl', 'pkey', '-in', $pem, '-pubout', '-out',
        $self->path("$name.pub")) == 0
        or croak "openssl: no key \"$name\"";
    chmod 0644, $pem;
    return;
}

# Keys of RSA take a while to find: each test file uses the same ones, kept in
# the build, in its turn; none twice.
sub _spare_key {
    my $pem = SPARE_KEYS . '/' . ++$spare . '.pem';
    my $new = "$pem.$$";

    return $pem if -e $pem;
    make_path(SPARE_KEYS);
    system("openssl genpkey -algorithm RSA -out '$new' 2>/dev/null") == 0
        && rename $new, $pem or croak "openssl: no key $pem";
    return $pem;
}


# ---- the app ---------------------------------------------------------------

sub sign {
    my ($self, $text, $key) = @_;

    $self->put('text', $text);
    my $sign = `openssl dgst -sha256 -sign '@{[ $self->path($key // 'app.pem')
        ]}' '@{[ $self->path('text') ]}'`;
    croak 'openssl: no signature' if $? != 0;
    return encode_base64($sign, '');
}

# Whether the gateway has signed this.
sub is_signed {
    my ($self, $text, $sign) = @_;

    $self->put('text', $text);
    $self->put('sign', decode_base64($sign));
    return system('openssl dgst -sha256 -verify '
        . join(' ', map { "'" . $self->path($_) . "'" } 'gateway.pub')
        . " -signature '@{[ $self->path('sign') ]}'"
        . " '@{[ $self->path('text') ]}' > /dev/null 2>&1") == 0;
}

sub _encode {
    my ($text) = @_;

    return $text =~ s/([^A-Za-z0-9._~-])/sprintf '%%%02X', ord $1/ger;
}

# A form of parameters, signed.  Values are bytes.
sub form {
    my ($self, $method, %parameters) = @_;
    my $key = delete $parameters{key};
    my %all = (app_id => APP, method => $method, format => 'JSON',
        charset => 'utf-8', sign_type => 'RSA2', version => '1.0',
        timestamp => strftime('%Y-%m-%d %H:%M:%S', gmtime(time + 8 * 3600)),
        %parameters);

    $all{sign} = $self->sign(join('&', map { "$_=$all{$_}" } sort keys %all),
        $key);
    return join '&', map { "$_=" . _encode($all{$_}) } sort keys %all;
}

sub post {
    my ($self, $client, $form, %arg) = @_;

    return $client->post(GATEWAY . ($arg{query} // ''), body => $form,
        type => 'application/x-www-form-urlencoded;charset=utf-8');
}

# Calls a method: (the node, whether it is signed, the whole answer).
sub call {
    my ($self, $client, $method, %parameters) = @_;
    my $answer = $self->post($client, $self->form($method, %parameters));
    my $name = $method =~ tr/./_/r;

    return (undef, 0, $answer) if ref $answer->{json} ne 'HASH'
        || $answer->{content} !~ /^\{"(?:${name}|error)_response":(\{.*\})
            ,"sign":"([^"]+)"\}$/x;
    my ($node, $sign) = ($1, $2);
    return ($json->decode($node), $self->is_signed($node, $sign), $answer);
}

1;
